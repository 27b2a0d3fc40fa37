import { crashPointTests } from './crash-points.ts';

crashPointTests(2, 6);
