import { crashPointTests } from './crash-points.ts';

crashPointTests(3, 6);
