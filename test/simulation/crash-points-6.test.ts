import { crashPointTests } from './crash-points.ts';

crashPointTests(5, 6);
