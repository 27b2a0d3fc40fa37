export interface FirestoreEmulator {
  /** `127.0.0.1:port`, for `FIRESTORE_EMULATOR_HOST`. */
  readonly host: string;
  readonly pid: number;
  /** Deletes every document of the project. */
  reset(projectId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined, with a printed reason, where Java, the SDK or its emulator is missing; with CI=true it throws instead. */
export declare function startFirestoreEmulator(): Promise<FirestoreEmulator | undefined>;
