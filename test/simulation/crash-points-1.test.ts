import { crashPointTests } from './crash-points.ts';

crashPointTests(0, 6);
