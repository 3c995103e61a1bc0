/** Columns as they are stored. Times are milliseconds since the epoch; columns named `…_json` hold JSON as text. */
export interface Schema {
  meta: MetaRow;
  runs: RunRow;
  steps: StepRow;
  events: EventRow;
  snapshots: SnapshotRow;
  leases: LeaseRow;
  grant_keys: GrantKeyRow;
  consumers: ConsumerRow;
  owed_steps: OwedStepRow;
  acknowledgements: AcknowledgementRow;
  waits: WaitRow;
  tokens: TokenRow;
}

/** One row. The counters stand here, not in the tables they count, so that they survive when everything was pruned. */
export interface MetaRow {
  id: number;
  store_id: string;
  created_at: number;
  last_event: number;
  last_snapshot: number;
  last_lease: number;
  last_wait: number;
}

export interface RunRow {
  name: string;
  directory: string;
  real_path: string;
  options_json: string;
  finished_at: number | null;
  finish_reason: string | null;
  unavailable_since: number | null;
  created_at: number;
  created_by: string | null;
}

export interface StepRow {
  run: string;
  name: string;
  step: number | null;
  state: string;
  reason: string;
  generation: string | null;
  committed_at: number | null;
  init_at: number | null;
  items_json: string | null;
  metrics_json: string | null;
  custom_metadata_json: string | null;
  size_bytes: number | null;
  file_count: number | null;
  inventory_digest: string | null;
  commit_marker: string | null;
  metadata_trouble: string | null;
  metrics_trouble: string | null;
}

export interface EventRow {
  sequence: number;
  run: string;
  type: string;
  subject: string;
  time: number;
  data_json: string;
}

export interface SnapshotRow {
  id: number;
  run: string;
  generation: string;
  step: number;
  step_name: string;
  state: string;
  mode: string;
  layout: string;
  snapshot_directory: string;
  path: string;
  digest: string;
  size_bytes: number;
  file_count: number;
  created_at: number;
}

export interface LeaseRow {
  number: number;
  id: string;
  run: string;
  step: number;
  generation: string;
  snapshot_id: number | null;
  state: string;
  granted_to: string | null;
  holder: string | null;
  labels_json: string;
  path: string;
  relative_path: string | null;
  source_path: string;
  ttl_ms: number;
  granted_at: number;
  renewed_at: number;
  ended_at: number | null;
  end_reason: string | null;
  waited_ms: number;
  consumer: string | null;
  attempt: number | null;
  verdict: string | null;
}

export interface GrantKeyRow {
  run: string;
  caller: string;
  key: string;
  fingerprint: string;
  lease_number: number;
  created_at: number;
}

export interface ConsumerRow {
  run: string;
  name: string;
  settings_json: string;
  position: number;
  /** How many ordinals were given. */
  taken: number;
  /** How many acknowledgements there are. */
  acknowledged: number;
  last_yielded: number | null;
  last_granted_at: number | null;
  created_at: number;
  created_by: string | null;
}

export interface OwedStepRow {
  run: string;
  consumer: string;
  ordinal: number;
  step: number;
  step_name: string;
  generation: string;
  snapshot_id: number | null;
  lease_number: number | null;
  attempts: number;
  not_before: number | null;
  parked_at: number | null;
}

export interface AcknowledgementRow {
  run: string;
  consumer: string;
  number: number;
  ordinal: number;
  step: number;
  generation: string;
  acked_at: number;
  attempts: number;
  result_json: string | null;
}

export interface WaitRow {
  position: number;
  run: string;
  until: number | null;
  started_at: number;
  duration_ms: number;
  outcome: string;
  step: number | null;
  source: string;
}

export interface TokenRow {
  name: string;
  digest: string;
  scope: string;
  runs_json: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}
