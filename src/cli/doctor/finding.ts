/** One thing that `doctor` looked at. */
export interface Finding {
  readonly about: string;
  /** `note`: neither good nor bad; `warning`: films can be made all the same; `blocking`: none can. */
  readonly level: 'good' | 'note' | 'warning' | 'blocking';
  readonly message: string;
  /** What to do about it. */
  readonly cure?: string;
}
