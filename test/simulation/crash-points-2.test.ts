import { crashPointTests } from './crash-points.ts';

crashPointTests(1, 6);
