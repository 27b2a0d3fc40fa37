import { crashPointTests } from './crash-points.ts';

crashPointTests(4, 6);
