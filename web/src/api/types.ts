// Made from the method registry by "make generate"; changes belong there.
/* eslint-disable */

/** A stream that is a camera now; its URL without login and query. */
export interface Added {
  stream_url: string;
  stream_name: string;
  stream_type: string;
  status: string;
  timestamp: string;
  device: string;
}

/** A control of which the camera made another value than was asked for. */
export interface AdjustedView {
  name: string;
  asked: boolean | number | string | number[] | null;
}

/** One call; `result` is `ok`, or code and reason of the error. `hash` is that of the row in the chain. */
export interface AuditEntry {
  number: number;
  timestamp: string;
  actor: string;
  address: string;
  method: string;
  params: Record<string, unknown>;
  result: string;
  hash: string;
}

/** A page of entries, newest first. */
export interface AuditLog {
  entries: AuditEntry[];
  total: number;
  limit: number;
  offset: number;
}

/** What was set by set_camera_config; what is absent is as the camera or the configuration says. */
export interface CameraConfig {
  name?: string;
  mode?: string;
  always_on?: boolean;
  microphone?: boolean;
}

/** What an admin may ask for besides: the device node of a camera on USB, empty for all others. */
export interface CameraDebug {
  internal_device_path: string;
}

/** One camera: readers now, bytes since its stream began, frames a second of the capture. */
export interface CameraFigures {
  status: string;
  readers: number;
  bytes_sent: number;
  fps: number;
}

/** What is kept of one camera: days in place of the policy's own, and 10^9 bytes of this camera alone. */
export interface CameraLimitParams {
  /** id of a camera, as camera0 */
  device: string;
  /** older files go; needed for age */
  max_age_days?: number;
  /** in 10^9 bytes: beyond it the oldest go; needed for size */
  max_size_gb?: number;
}

/** What is kept of one camera. */
export interface CameraLimitView {
  device: string;
  max_age_days?: number;
  max_size_gb?: number;
}

/** All cameras that the caller may know of. */
export interface CameraList {
  cameras: CameraView[];
  total: number;
  connected: number;
}

/** Bytes since the stream began, readers now, seconds since the capture began. */
export interface CameraMetrics {
  bytes_sent: number;
  readers: number;
  uptime: number;
}

/** A camera with its metrics; `sound` is there while camsvc encodes the sound of a microphone. */
export interface CameraStatus {
  device: string;
  status: Status;
  name: string;
  resolution: string;
  fps: number;
  streams: Record<string, string>;
  kind: string;
  recording: boolean;
  always_on: boolean;
  config: CameraConfig;
  microphone?: boolean;
  error?: string;
  detail?: string;
  since?: string;
  debug?: CameraDebug;
  metrics: CameraMetrics;
  capabilities: FormatsAndSizes;
  sound?: SoundLevel;
}

/** A camera; `streams` is empty while nothing can be watched. `debug` stands there for an admin who asks. `always_on`: it runs without viewers; `microphone`: its sound is sent, absent where it has none; `config` says which of these, and of name and mode, were set for it. `since`: when it went or began to fail; absent while it is CONNECTED, and where nobody saw it go. */
export interface CameraView {
  device: string;
  status: Status;
  name: string;
  resolution: string;
  fps: number;
  streams: Record<string, string>;
  kind: string;
  recording: boolean;
  always_on: boolean;
  config: CameraConfig;
  microphone?: boolean;
  error?: string;
  detail?: string;
  since?: string;
  debug?: CameraDebug;
}

/** The cameras that are connected, and each one's figures. */
export interface CamerasMetrics {
  connected_cameras: number;
  cameras: Record<string, CameraFigures>;
}

/** What a camera offers; `frame_rates` is the name that some clients know `fps_options` by. `validation_status` is CONFIRMED, NONE while its formats are not known, or DISCONNECTED. */
export interface Capabilities {
  device: string;
  formats: string[];
  resolutions: string[];
  fps_options: number[];
  frame_rates: number[];
  validation_status: string;
  modes: ModeView[];
}

/** What the retention policy lets go; `space_freed` in bytes, `policies` by the limit that files are beyond. `files` names what would go, the first thousand, in a preview alone. `in_use` files stay for now, as somebody downloads them, and `refused` ones, as the file system does not let them go. */
export interface CleanedUp {
  cleanup_executed: boolean;
  files_deleted: number;
  space_freed: number;
  message: string;
  policies?: Record<string, DueTotal>;
  in_use?: number;
  refused?: number;
  files?: DueFile[];
}

/** `library.cleanup`: files and bytes, and the files by the limit that they were beyond. */
export interface CleanupEvent {
  files_deleted: number;
  space_freed: number;
  policies: Record<string, number>;
}

/** A connection; `user` and `role` are empty before the login. */
export interface ClientView {
  client_id: string;
  user: string;
  role: string;
  address: string;
  since: string;
  topics: string[];
  user_agent: string;
}

/** All connections. */
export interface Clients {
  clients: ClientView[];
}

/** The controls of a camera, as they are now, and the names of its profiles. */
export interface ControlList {
  device: string;
  controls: ControlView[];
  profiles: string[];
}

/** A control, with V4L2's types and flags; values of `integer64` are texts, as JavaScript's numbers end at 2^53. `value` is missing where nobody can tell it. `kept` is what camsvc sets again whenever the camera comes, and missing where nothing was set here. `inactive`: an automatic one has it; `busy`: not while the camera streams; `volatile`: it changes by itself. An `array` has its numbers as one list, `min` to `max` each, `dims` as many in each direction, the last one fastest; what is `compound` is a structure, which is only named here. */
export interface ControlView {
  name: string;
  label: string;
  group: string;
  type: string;
  value?: boolean | number | string | number[] | null;
  default?: boolean | number | string | number[] | null;
  min?: number | string;
  max?: number | string;
  step?: number | string;
  menu?: MenuItem[];
  element?: string;
  dims?: number[];
  kept?: boolean | number | string | number[] | null;
  read_only?: boolean;
  inactive?: boolean;
  volatile?: boolean;
  busy?: boolean;
  freed_by?: FreedBy;
}

/** `control.change`: the controls that are not as they were. `source`: `call` (somebody has set them here), `kept` (the camera came, and has got what was kept for it) or `camera` (another program, or the camera itself). */
export interface ControlsChanged {
  device: string;
  source: string;
  controls: ControlView[];
  adjusted: AdjustedView[];
  refused: RefusedView[];
}

/** The same after a change, and what the camera has not done as asked. `adjusted`: it made another value of it; `refused`: it has not taken it, and why. */
export interface ControlsSet {
  device: string;
  controls: ControlView[];
  profiles: string[];
  adjusted: AdjustedView[];
  refused: RefusedView[];
}

/** A file that is no more. */
export interface Deleted {
  filename: string;
  deleted: boolean;
  message: string;
  success?: boolean;
}

/** What to look for, and how. */
export interface DiscoverParams {
  /** tell of Skydio drones and docks */
  skydio_enabled?: boolean;
  /** tell of all other RTSP streams */
  generic_enabled?: boolean;
  /** look anew, also when that was done in the last 30 s */
  force_rescan?: boolean;
  /** tell of streams too that were seen within a day, but not by this look, as ERROR */
  include_offline?: boolean;
}

/** All, and the same by type. */
export interface Discovered {
  discovered_streams: DiscoveredEntry[];
  skydio_streams: DiscoveredEntry[];
  generic_streams: DiscoveredEntry[];
  scan_timestamp: string;
  total_found: number;
  discovery_options: DiscoverParams;
  scan_duration: string;
  errors: string[];
}

/** What is known of a stream before it is added. */
export interface DiscoveredCapabilities {
  protocol: string;
  codecs: string[];
  auth_required: boolean;
  onvif: boolean;
}

/** A stream that add_external_stream takes; DISCOVERED, or ERROR when it was not seen any more. */
export interface DiscoveredEntry {
  url: string;
  type: string;
  name: string;
  status: string;
  discovered_at: string;
  last_seen: string;
  capabilities: DiscoveredCapabilities;
}

/** A file that goes; `policy` is the limit that it is beyond. */
export interface DueFile {
  kind: string;
  filename: string;
  device: string;
  file_size: number;
  created_time: string;
  policy: string;
}

/** How many files, and their bytes. */
export interface DueTotal {
  files: number;
  bytes: number;
}

/** A hardware encoder: whether a real encode has shown that it works, and why it is not used. `failing`: cameras for which it has failed since then, and why; libx264 encodes those, and it is tried again. */
export interface EncoderView {
  name: string;
  works: boolean;
  failing: Record<string, string>;
  reason?: string;
}

/** The camera's path as the engine runs it. */
export interface EnginePath {
  exists: boolean;
  ready: boolean;
  readers: number;
}

/** An export: QUEUED, RUNNING, DONE, FAILED or CANCELLED; `progress` is 0 to 1. `from` is what was asked for; the file begins with the key frame at or before it, at `created_time`. */
export interface ExportView {
  export: string;
  device: string;
  status: string;
  progress: number;
  from: string;
  to: string;
  estimated_size: number;
  filename?: string;
  file_size?: number;
  created_time?: string;
  duration?: number;
  download_url?: string;
  error?: string;
}

/** Exports that are being made, and those that have ended since the start, oldest first. */
export interface ExportsList {
  exports: ExportView[];
}

/** All, and the same by type. */
export interface ExternalList {
  external_streams: StreamEntry[];
  skydio_streams: StreamEntry[];
  generic_streams: StreamEntry[];
  total_count: number;
  timestamp: string;
}

/** `pid` is 0 while it does not run; `uptime` in seconds. */
export interface FfmpegProcess {
  running: boolean;
  pid: number;
  uptime: number;
}

/** A page of files, newest first; `indexing` while the folders are being read, so that some may be missing. */
export interface FileList {
  files: FileView[];
  total: number;
  limit: number;
  offset: number;
  indexing?: boolean;
}

/** A file of a list; `archived`: it lies in the second folder. `segments`: how many files it is, where it is a recording of several. `progress` of a recording that is FINISHING: how much of it is joined, 0 to 1, while it is. */
export interface FileView {
  filename: string;
  file_size: number;
  modified_time: string;
  created_time: string;
  device: string;
  download_url: string;
  status: string;
  format: string;
  protected?: boolean;
  archived?: boolean;
  thumbnail_url?: string;
  duration?: number;
  width?: number;
  height?: number;
  segments?: number;
  progress?: number;
}

/** Only events of one camera. */
export interface Filters {
  /** id of a camera, as camera0 */
  device?: string;
}

/** What is not as it should be: orphan, missing, outdated, truncated, damaged, foreign or unreadable. */
export interface FindingView {
  kind: string;
  filename: string;
  finding: string;
  detail: string;
  action: string;
  device: string;
}

/** FOURCCs and `WxH`. */
export interface FormatsAndSizes {
  formats: string[];
  resolutions: string[];
}

/** The automatic control that has an inactive one, and the values of it with which it does not. */
export interface FreedBy {
  name: string;
  values: (number | boolean)[];
}

/** Of all connections; `topic_counts` names topics that somebody hears. */
export interface GlobalStats {
  total_subscriptions: number;
  active_clients: number;
  topic_counts: Record<string, number>;
}

/** `system.health`: healthy, degraded or unhealthy, and the state of each part. */
export interface HealthChanged {
  status: string;
  components: Record<string, string>;
}

/** What a login gives. */
export interface Identity {
  authenticated: boolean;
  role: string;
  permissions: string[];
  expires_at: string;
  session_id: string;
}

/** RUNNING, STARTING or ERROR; `error`: what went wrong last, for people. */
export interface Integration {
  state: string;
  error?: string;
}

/** The interval in force. */
export interface Interval {
  scan_interval: number;
  status: string;
  message: string;
  timestamp: string;
}

/** A new key; `key` is what a client sends, and is told this once. */
export interface KeyCreated {
  key_id: string;
  name: string;
  role: string;
  created_at: string;
  created_by: string;
  cameras?: string[];
  expires_at?: string;
  last_used_at?: string;
  key: string;
}

/** Every key, the newest first. */
export interface KeyList {
  keys: KeyView[];
  total: number;
}

/** A key that is no more; `api_keys` are those that were made with it and are good still, absent without any. */
export interface KeyRevoked {
  key_id: string;
  name: string;
  revoked: boolean;
  api_keys?: KeyView[];
}

/** A key without its secret; `cameras` is absent where it shows all, `expires_at` where it has no end. */
export interface KeyView {
  key_id: string;
  name: string;
  role: string;
  created_at: string;
  created_by: string;
  cameras?: string[];
  expires_at?: string;
  last_used_at?: string;
}

/** Logins that are no more. */
export interface LoginsRevoked {
  revoked: boolean;
  message: string;
}

/** An item of a menu. */
export interface MenuItem {
  value: number;
  label: string;
}

/** All of it; `recording_metrics` has the bytes so far of each recording under way, by file name. */
export interface Metrics {
  timestamp: string;
  system_metrics: SystemMetrics;
  camera_metrics: CamerasMetrics;
  recording_metrics: Record<string, number>;
  stream_metrics: StreamsMetrics;
}

/** A mode that a camera offers. */
export interface ModeView {
  format: string;
  width: number;
  height: number;
  fps: number[];
}

/** A recording that will be moved. */
export interface MoveAsked {
  filename: string;
  status: string;
}

/** What is to be moved, in turn; `second_folder`: there is one to move to. */
export interface MoveList {
  moves: MoveView[];
  second_folder: boolean;
}

/** A move: WAITING, MOVING, DONE or FAILED, which is tried again; `progress` is 0 to 1, `error` says why. */
export interface MoveView {
  device: string;
  filename: string;
  status: string;
  progress: number;
  error?: string;
}

/** Done. */
export interface PasswordChanged {
  username: string;
  message: string;
}

/** The policy in force. */
export interface PolicyView {
  policy_type: string;
  enabled: boolean;
  max_age_days?: number;
  max_size_gb?: number;
  min_free_gb?: number;
  per_camera?: CameraLimitView[];
  message: string;
}

/** The names of a camera's profiles. */
export interface Profiles {
  device: string;
  profiles: string[];
}

/** `library.protection`. */
export interface ProtectionEvent {
  device: string;
  filename: string;
  protected: boolean;
}

/** Whether a recording is protected. */
export interface ProtectionView {
  filename: string;
  protected: boolean;
}

/** A recording; `codec`, `sound`, `width` and `height` are absent until it is finished. `sound` is the codec of its sound, empty where it has none; `archived`: it lies in the second folder. `parts` are its files where it is several, in order; of one under way those that are there already. `progress` of one that is FINISHING: how much of it is joined, 0 to 1, while it is. */
export interface RecordingInfo {
  filename: string;
  file_size: number;
  duration: number;
  created_time: string;
  download_url: string;
  device: string;
  status: string;
  format: string;
  protected: boolean;
  archived: boolean;
  thumbnail_url?: string;
  codec?: string;
  sound?: string;
  width?: number;
  height?: number;
  parts?: RecordingPart[];
  progress?: number;
}

/** One file of a recording that is several; `download_url` gives it alone. */
export interface RecordingPart {
  filename: string;
  file_size: number;
  created_time: string;
  download_url: string;
  duration?: number;
}

/** A recording that is accepted and stored; `confirmed` once its file grows. */
export interface RecordingStarted {
  device: string;
  filename: string;
  status: string;
  start_time: string;
  format: string;
  confirmed: boolean;
  success?: boolean;
}

/** What a camera records: seconds and bytes so far. Without a recording the name is empty and the rest 0. */
export interface RecordingStatus {
  device: string;
  recording: boolean;
  filename: string;
  duration: number;
  file_size: number;
}

/** A recording whose parts are closed; size and duration are those of the footage. */
export interface RecordingStopped {
  device: string;
  filename: string;
  status: string;
  start_time: string;
  end_time: string;
  duration: number;
  file_size: number;
  format: string;
  reason?: string;
  success?: boolean;
}

/** `recording_status_update`; `confirmed` of RECORDING: the file is seen to grow. `sound` of STOPPED: the codec of the sound in the file, empty where it has none. */
export interface RecordingUpdate {
  device: string;
  status: string;
  filename: string;
  duration: number;
  confirmed?: boolean;
  first_sample?: string;
  reason?: string;
  file_size?: number;
  sound?: string;
}

/** A control that the camera has not taken, and why. */
export interface RefusedView {
  name: string;
  reason: string;
}

/** A stream that is no camera any more. */
export interface Removed {
  stream_url: string;
  status: string;
  timestamp: string;
}

/** The schedules that are set. */
export interface ScheduleList {
  schedules: ScheduleView[];
}

/** A camera's schedule. `recording` says what records now: `manual`, `timed`, `schedule`, `continuous` or nothing. `held`: it rests until `next_change`, or until it is set again, as somebody has stopped its recording. */
export interface ScheduleView {
  device: string;
  mode: string;
  schedule: Window[];
  time_zone: string;
  held: boolean;
  recording?: string;
  keep_hours?: number;
  keep_gb?: number;
  pre_record_s?: number;
  next_change?: string;
}

/** `go_version` is kept for old clients and holds what runs us instead. `encoders`: hardware, in the order in which it is taken; empty until it was probed. libx264 is there besides. */
export interface ServerInfo {
  name: string;
  version: string;
  build_date: string;
  go_version: string;
  python_version: string;
  mediamtx_version: string;
  architecture: string;
  capabilities: string[];
  supported_formats: string[];
  max_cameras: number;
  encoders: EncoderView[];
}

/** HEALTHY, DEGRADED or UNHEALTHY; `uptime` in seconds; components RUNNING, STARTING, STOPPED or ERROR. `integrations`: the systems that the configuration connects camsvc to. */
export interface ServiceStatus {
  status: string;
  uptime: number;
  version: string;
  components: Record<string, string>;
  integrations: Record<string, Integration>;
}

/** `snapshot.taken`. */
export interface SnapshotEvent {
  device: string;
  filename: string;
  file_size: number;
  timestamp: string;
}

/** A snapshot. */
export interface SnapshotInfo {
  filename: string;
  file_size: number;
  created_time: string;
  download_url: string;
  device: string;
  thumbnail_url?: string;
  width?: number;
  height?: number;
}

/** A stored snapshot. */
export interface SnapshotTaken {
  device: string;
  filename: string;
  status: string;
  timestamp: string;
  file_size: number;
  file_path: string;
  download_url: string;
  age_ms: number;
  width: number;
  height: number;
  success?: boolean;
}

/** `sound.silent` and `sound.audible`: dBFS of the last second, and when. */
export interface SoundEvent {
  device: string;
  level_db: number;
  timestamp: string;
}

/** How loud a camera's sound is: dBFS of the last second, and seconds since it was last more than silence. `sound.silent` and `sound.audible` tell it by themselves. */
export interface SoundLevel {
  level_db: number;
  silent_s: number;
}

/** How a camera is, as clients see it. */
export type Status = "CONNECTED" | "DISCONNECTED" | "ERROR";

/** The file system that holds the recordings, in bytes, as df tells it; `usage_percentage` is 0 to 100. `state` is ok, low (no recording begins), full (those under way pause), read_only, gone or foreign (not the volume that it was), and `message` says it in words; `required_space` must be free for a recording to begin. `pre_record_size` is what the last seconds of all cameras take, wherever they are kept. */
export interface StorageInfo {
  total_space: number;
  used_space: number;
  available_space: number;
  usage_percentage: number;
  recordings_size: number;
  snapshots_size: number;
  exports_size: number;
  pre_record_size: number;
  low_space_warning: boolean;
  state: string;
  message: string;
  required_space: number;
}

/** `storage_status_update`: how the recordings' disk is, see get_storage_info; room in bytes. */
export interface StorageUpdate {
  state: string;
  message: string;
  available_space: number;
  required_space: number;
}

/** A stream of the list; its status is its camera's. */
export interface StreamEntry {
  url: string;
  type: string;
  name: string;
  status: string;
  device: string;
  added_at: string;
}

/** Since the stream began; `bitrate` is the mean in bit/s. */
export interface StreamMetrics {
  bytes_sent: number;
  frames_sent: number;
  bitrate: number;
  fps: number;
}

/** A stream that runs without viewers; `auto_close_after` in seconds, 0 for never. */
export interface StreamStarted {
  device: string;
  stream_name: string;
  stream_url: string;
  status: string;
  start_time: string;
  auto_close_after: number;
  ffmpeg_command: string;
}

/** ACTIVE, INACTIVE, ERROR or STARTING; `start_time` is empty while it does not run. */
export interface StreamStatus {
  device: string;
  stream_name: string;
  status: string;
  ready: boolean;
  ffmpeg_process: FfmpegProcess;
  mediamtx_path: EnginePath;
  metrics: StreamMetrics;
  start_time: string;
}

/** A stream that is no longer kept; `stream_continues` while others watch or it is recorded. */
export interface StreamStopped {
  device: string;
  stream_name: string;
  status: string;
  start_time: string;
  end_time: string;
  duration: number;
  stream_continues: boolean;
}

/** Where a camera can be watched. */
export interface StreamUrl {
  device: string;
  stream_name: string;
  stream_url: string;
  available: boolean;
  active_consumers: number;
  stream_status: string;
  urls: Record<string, string>;
}

/** A stream as the engine runs it. */
export interface StreamView {
  name: string;
  source: string;
  ready: boolean;
  readers: number;
  bytes_sent: number;
}

/** Streams that run, paths there are, and viewers of all. */
export interface StreamsMetrics {
  active_streams: number;
  total_streams: number;
  total_viewers: number;
}

/** All topics of the connection, and the filters of this call. */
export interface Subscribed {
  subscribed: boolean;
  topics: string[];
  filters: Record<string, string>;
}

/** Of all connections, and of this one. */
export interface SubscriptionStats {
  global_stats: GlobalStats;
  client_topics: string[];
  client_id: string;
}

/** `system.startup` and `system.shutdown`. */
export interface SystemEvent {
  timestamp: string;
  version: string;
}

/** In percent of the machine; `goroutines` is our thread count, under the name that old clients know. */
export interface SystemMetrics {
  cpu_usage: number;
  memory_usage: number;
  disk_usage: number;
  goroutines: number;
}

/** `starting`, `partial` or `ready`, and why. */
export interface SystemStatus {
  status: string;
  message: string;
  available_cameras: string[];
  discovery_active: boolean;
}

/** The topics that are left. */
export interface Unsubscribed {
  unsubscribed: boolean;
  topics: string[];
}

/** Done; `api_keys` are those that the user made and that are good still, absent where there are none. */
export interface UserDeleted {
  username: string;
  deleted: boolean;
  api_keys?: KeyView[];
}

/** Users, newest first. */
export interface UserList {
  users: UserView[];
  total: number;
  limit: number;
  offset: number;
}

/** A user after a change. `api_keys` are those that the user made and that are good still, where the user may make none any more: each is ended by revoke_api_key, all by calling this again with `revoke_api_keys`. It is absent where there are none. */
export interface UserUpdated {
  username: string;
  role: string;
  disabled: boolean;
  must_change_password: boolean;
  created_time: string;
  password_time: string;
  last_login: string | null;
  api_keys?: KeyView[];
}

/** A user; `last_login` is None before the first one. */
export interface UserView {
  username: string;
  role: string;
  disabled: boolean;
  must_change_password: boolean;
  created_time: string;
  password_time: string;
  last_login: string | null;
}

/** What a run has found so far; the first 1000 findings are named, `total_findings` counts all. */
export interface VerdictView {
  verify_id: number;
  status: string;
  progress: number;
  checked: number;
  ok: number;
  total_findings: number;
  findings: FindingView[];
}

/** How the recordings' disk is now. */
export interface VolumeAccepted {
  state: string;
  message: string;
}

/** A time of day on some days of the week. Where `to` is not later than `from` it ends on the next day; `days` are those on which it begins. */
export interface Window {
  /** on which it begins */
  days: ("fri" | "mon" | "sat" | "sun" | "thu" | "tue" | "wed")[];
  /** local time of its begin */
  from: string;
  /** local time of its end */
  to: string;
}

/** Every method: what it takes and what it gives. */
export interface Methods {
  /** Record in the folder of recordings as it is now, though it is not on the volume that it was on. Role: admin. */
  accept_volume: {
    params: Record<string, never>;
    result: VolumeAccepted;
  };
  /** Make an RTSP stream a camera like any other; it survives a restart. Role: operator. */
  add_external_stream: {
    params: {
      /** RTSP address of the stream, with user and password where it needs them */
      stream_url: string;
      /** name of its camera, for people */
      stream_name: string;
      /** in which list it stands */
      stream_type?: "generic_rtsp" | "skydio";
    };
    result: Added;
  };
  /** Log this connection in with a JWT or an API key; calling it again switches identity and role at once. Role: open. */
  authenticate: {
    params: {
      /** a JSON Web Token or an API key; needed */
      auth_token?: string;
      /** the same, under the name that some clients use */
      token?: string;
    };
    result: Identity;
  };
  /** End an export that is being made or waits; nothing is left of it. Role: operator. */
  cancel_export: {
    params: {
      /** as export_recording has answered */
      export: string;
    };
    result: ExportView;
  };
  /** Change the caller's own password; ends the caller's sessions, this one too once it has been answered. Role: viewer. */
  change_password: {
    params: {
      /** the one in force */
      old_password: string;
      /** 10 to 256 characters */
      new_password: string;
    };
    result: PasswordChanged;
  };
  /** Apply the retention policy now, or say what it would delete. Role: admin. */
  cleanup_old_files: {
    params: {
      /** true: nothing is deleted, the answer says what would be */
      preview?: boolean;
    };
    result: CleanedUp;
  };
  /** Make a key for a program; it is shown in this answer and never again. Role: admin. */
  create_api_key: {
    params: {
      /** name of a key, for people; no two have the same */
      name: string;
      /** what the key lets do */
      role: "admin" | "operator" | "viewer";
      /** seconds until the key ends; never without it */
      expires_in?: number;
      /** the only cameras that the key shows; all without it */
      cameras?: string[];
    };
    result: KeyCreated;
  };
  /** Make a user who logs in with a password of 10 to 256 characters. Role: admin. */
  create_user: {
    params: {
      /** a name in lower case, for good */
      username: string;
      /** 10 to 256 characters */
      password: string;
      /** what the user may do */
      role: "admin" | "operator" | "viewer";
      /** true: the first login is good for changing the password alone */
      must_change_password?: boolean;
    };
    result: UserView;
  };
  /** Delete the file of an export; the recordings that it was made of stay. Role: admin. */
  delete_export: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: Deleted;
  };
  /** Forget a profile of a camera; its controls stay as they are. Role: admin. */
  delete_profile: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** name of a profile, of your choice */
      profile: string;
    };
    result: Profiles;
  };
  /** Delete a finished recording; one under way has to be stopped before. Role: admin. */
  delete_recording: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: Deleted;
  };
  /** Delete a snapshot. Role: admin. */
  delete_snapshot: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: Deleted;
  };
  /** Forget a user and end the user's sessions. An enabled admin must be left. Role: admin. */
  delete_user: {
    params: {
      /** whom to forget */
      username: string;
      /** true: API keys that the user made end too, and those made with them */
      revoke_api_keys?: boolean;
    };
    result: UserDeleted;
  };
  /** Look for RTSP streams on the networks that the configuration names, and offer them. Role: operator. */
  discover_external_streams: {
    params: {
      /** tell of Skydio drones and docks */
      skydio_enabled?: boolean;
      /** tell of all other RTSP streams */
      generic_enabled?: boolean;
      /** look anew, also when that was done in the last 30 s */
      force_rescan?: boolean;
      /** tell of streams too that were seen within a day, but not by this look, as ERROR */
      include_offline?: boolean;
    };
    result: Discovered;
  };
  /** Begin to make one file of a time, from one recording or several; `export.progress` tells how far it is. Role: operator. */
  export_recording: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** begins with the key frame at or before it */
      from: string;
      /** ends there; a week after it at most */
      to: string;
    };
    result: ExportView;
  };
  /** Calls that changed something and refused logins: who, when, from where, what, and the result. Role: admin. */
  get_audit_log: {
    params: {
      /** at most so many */
      limit?: number;
      /** after the first so many */
      offset?: number;
      /** only what this user did, or key:NAME */
      actor?: string;
      /** only calls of this method */
      method?: string;
    };
    result: AuditLog;
  };
  /** Formats, resolutions and frame rates that a camera offers. Role: viewer. */
  get_camera_capabilities: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: Capabilities;
  };
  /** What can be set at the camera itself, as brightness and exposure: V4L2's controls, and profiles of them. Role: viewer. */
  get_camera_controls: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: ControlList;
  };
  /** All cameras, with their status and the URLs to watch them. Role: viewer. */
  get_camera_list: {
    params: {
      /** true: an admin is told each device node, as debug.internal_device_path */
      debug?: boolean;
    };
    result: CameraList;
  };
  /** One camera with its metrics and formats. Role: viewer. */
  get_camera_status: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** true: an admin is told each device node, as debug.internal_device_path */
      debug?: boolean;
    };
    result: CameraStatus;
  };
  /** How far exports are; what came of earlier ones is in list_exports. Role: viewer. */
  get_exports: {
    params: Record<string, never>;
    result: ExportsList;
  };
  /** The streams that were added. Role: viewer. */
  get_external_streams: {
    params: Record<string, never>;
    result: ExternalList;
  };
  /** Load of the machine since the last call, and figures of cameras, recordings and streams. Role: admin. */
  get_metrics: {
    params: Record<string, never>;
    result: Metrics;
  };
  /** Recordings that are to be moved to the second folder, in turn, and how far each is. Role: viewer. */
  get_moves: {
    params: Record<string, never>;
    result: MoveList;
  };
  /** One recording: size, length, codec, and where it can be had, as a whole and in parts. Role: viewer. */
  get_recording_info: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: RecordingInfo;
  };
  /** The schedules of all cameras that have one, or of one. Role: viewer. */
  get_recording_schedules: {
    params: {
      /** id of a camera, as camera0 */
      device?: string;
    };
    result: ScheduleList;
  };
  /** Whether a camera is being recorded, from the answer of start_recording on, and how far that is. Role: viewer. */
  get_recording_status: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: RecordingStatus;
  };
  /** The retention policy in force. Role: admin. */
  get_retention_policy: {
    params: Record<string, never>;
    result: PolicyView;
  };
  /** Name, versions and what this installation can do. Role: viewer. */
  get_server_info: {
    params: Record<string, never>;
    result: ServerInfo;
  };
  /** One snapshot: size, and where it can be had. Role: viewer. */
  get_snapshot_info: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: SnapshotInfo;
  };
  /** How the service and its parts are. Role: admin. */
  get_status: {
    params: Record<string, never>;
    result: ServiceStatus;
  };
  /** Room on the file system of the recordings; the warning comes before recordings are refused. Role: admin. */
  get_storage_info: {
    params: Record<string, never>;
    result: StorageInfo;
  };
  /** How a camera's stream is: process, path, metrics. Role: viewer. */
  get_stream_status: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: StreamStatus;
  };
  /** Where a camera can be watched, with a short-lived ticket; the camera starts with its first viewer. Role: viewer. */
  get_stream_url: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: StreamUrl;
  };
  /** Every camera's stream as the media engine runs it. Role: viewer. */
  get_streams: {
    params: Record<string, never>;
    result: StreamView[];
  };
  /** Who hears of what. Role: viewer. */
  get_subscription_stats: {
    params: Record<string, never>;
    result: SubscriptionStats;
  };
  /** Whether everything is up: starting, partial or ready. Role: viewer. */
  get_system_status: {
    params: Record<string, never>;
    result: SystemStatus;
  };
  /** The keys there are, what each may, and when it was last used; not the keys themselves. Role: admin. */
  list_api_keys: {
    params: Record<string, never>;
    result: KeyList;
  };
  /** Who is connected by WebSocket, from where, since when, and which events they hear. Role: admin. */
  list_clients: {
    params: Record<string, never>;
    result: Clients;
  };
  /** Files of exports, newest first. Role: viewer. */
  list_exports: {
    params: {
      /** at most so many */
      limit?: number;
      /** after the first so many */
      offset?: number;
      /** id of a camera, as camera0 */
      device?: string;
      /** made at this time or later */
      from?: string;
      /** made before this time */
      to?: string;
      /** a part of the name */
      search?: string;
    };
    result: FileList;
  };
  /** Recordings, newest first; those under way and being finished stand among them with their status. Role: viewer. */
  list_recordings: {
    params: {
      /** at most so many */
      limit?: number;
      /** after the first so many */
      offset?: number;
      /** id of a camera, as camera0 */
      device?: string;
      /** made at this time or later */
      from?: string;
      /** made before this time */
      to?: string;
      /** a part of the name */
      search?: string;
    };
    result: FileList;
  };
  /** Snapshots, newest first. Role: viewer. */
  list_snapshots: {
    params: {
      /** at most so many */
      limit?: number;
      /** after the first so many */
      offset?: number;
      /** id of a camera, as camera0 */
      device?: string;
      /** made at this time or later */
      from?: string;
      /** made before this time */
      to?: string;
      /** a part of the name */
      search?: string;
    };
    result: FileList;
  };
  /** Who may log in with a password, newest first. Role: admin. */
  list_users: {
    params: {
      /** at most so many */
      limit?: number;
      /** after the first so many */
      offset?: number;
    };
    result: UserList;
  };
  /** Move a finished recording to the second folder; it waits while that is away, and is listed as before. Role: admin. */
  move_recording: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
    };
    result: MoveAsked;
  };
  /** Answers "pong": the connection works. Role: open. */
  ping: {
    params: Record<string, never>;
    result: string;
  };
  /** Have retention leave a recording alone, or do so no more; one under way, too. Role: operator. */
  protect_recording: {
    params: {
      /** name of a file, with or without extension; no folders, control characters or leading dot */
      filename: string;
      /** true: it is never deleted by retention; false: it may be again */
      protected: boolean;
    };
    result: ProtectionView;
  };
  /** Forget a stream that was added; a recording of it is ended in good order before. Role: operator. */
  remove_external_stream: {
    params: {
      /** RTSP address of the stream, with user and password where it needs them */
      stream_url: string;
    };
    result: Removed;
  };
  /** End a key: its sessions, streams and downloads are closed within a second. Role: admin. */
  revoke_api_key: {
    params: {
      /** id of a key, as list_api_keys tells */
      key_id?: string;
      /** name of a key, for people; no two have the same */
      name?: string;
    };
    result: KeyRevoked;
  };
  /** End all logins so far of a user, or one; what they have opened is closed within a second. Role: admin. */
  revoke_logins: {
    params: {
      /** a user, whose logins so far all end */
      user?: string;
      /** jti of a session token */
      token_id?: string;
    };
    result: LoginsRevoked;
  };
  /** The OpenRPC document: every method with its parameters, result and role; also GET /api/openrpc.json. Role: viewer. */
  "rpc.discover": {
    params: Record<string, never>;
    result: Record<string, unknown>;
  };
  /** Save what the camera's controls are now under a name; one of that name is replaced. Role: admin. */
  save_profile: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** name of a profile, of your choice */
      profile: string;
    };
    result: Profiles;
  };
  /** Name a camera, choose its mode, keep it running, switch its microphone; holds at once and over a restart. Null takes it back. Role: admin. */
  set_camera_config: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** its name, for people */
      name?: string | null;
      /** one of its modes: FORMAT WIDTHxHEIGHT, or with its rate behind it */
      mode?: string | null;
      /** runs without viewers */
      always_on?: boolean | null;
      /** its sound is sent, where it has any */
      microphone?: boolean | null;
    };
    result: CameraView;
  };
  /** Set one control, several, or those of a profile; kept, and set again whenever the camera comes back. All are checked before the first is set. Role: operator. */
  set_camera_control: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** name of a control; get_camera_controls lists them */
      name?: string;
      /** what it shall be: a number, true or false, a text; of a menu the number or the label of an item, of an array a list of all its numbers; null gives it back to the camera */
      value?: boolean | number | string | number[] | null;
      /** values by names, set in the order that they need: automatic ones before what they free */
      values?: Record<string, boolean | number | string | number[] | null>;
      /** name of a saved profile */
      profile?: string;
    };
    result: ControlsSet;
  };
  /** Look for streams every so often from now on, also after a restart; 0: on demand alone. Role: admin. */
  set_discovery_interval: {
    params: {
      /** seconds between two looks; 0: on demand alone */
      scan_interval: number;
    };
    result: Interval;
  };
  /** When a camera is recorded by itself; takes effect at once, and lasts over restarts and replugging. Role: admin. */
  set_recording_schedule: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** never by itself, in the windows of schedule, or always */
      mode: "continuous" | "off" | "schedule";
      /** windows of the week, in local time; needed for schedule */
      schedule?: Window[];
      /** so many of its last continuous hours are kept */
      keep_hours?: number;
      /** so many 10^9 bytes of its continuous recordings are kept */
      keep_gb?: number;
      /** seconds before its call that each recording begins with; a camera with any never sleeps; the configuration's where it is left out */
      pre_record_s?: number;
    };
    result: ScheduleView;
  };
  /** How long recordings and snapshots are kept; takes effect at once, and is looked at every minute. Role: admin. */
  set_retention_policy: {
    params: {
      /** what decides: age, total size, all limits, or all on demand alone */
      policy_type: "age" | "all" | "manual" | "size";
      /** false: nothing is deleted */
      enabled: boolean;
      /** older files go; needed for age */
      max_age_days?: number;
      /** in 10^9 bytes: beyond it the oldest go; needed for size */
      max_size_gb?: number;
      /** in 10^9 bytes: so much of the disk stays free; as it was without it */
      min_free_gb?: number;
      /** limits of single cameras; as they were without it */
      per_camera?: CameraLimitParams[];
    };
    result: PolicyView;
  };
  /** Begin to record a camera, for `duration` seconds or until stop_recording; viewers are not disturbed. Role: operator. */
  start_recording: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** length in seconds; else until stop_recording */
      duration?: number;
      /** container: fmp4 and mp4 end as .mp4, mkv as .mkv */
      format?: "fmp4" | "mkv" | "mp4";
    };
    result: RecordingStarted;
  };
  /** Start a camera before anybody watches; without a viewer it sleeps again after `auto_close_after`. Role: operator. */
  start_streaming: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: StreamStarted;
  };
  /** End a recording; answered when its last part is closed, downloadable once the notification STOPPED came. Role: operator. */
  stop_recording: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: RecordingStopped;
  };
  /** Take start_streaming back; who watches goes on watching, and without anybody the camera sleeps soon. Role: operator. */
  stop_streaming: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
    };
    result: StreamStopped;
  };
  /** Hear of events on this connection, besides those of earlier calls; `filters.device` for one camera's. Role: viewer. */
  subscribe_events: {
    params: {
      /** names of events, or of groups of them */
      topics: string[];
      /** which of these events; all without it */
      filters?: Filters;
    };
    result: Subscribed;
  };
  /** Names of all methods. Role: viewer. */
  "system.listMethods": {
    params: Record<string, never>;
    result: string[];
  };
  /** What a method is for. Role: viewer. */
  "system.methodHelp": {
    params: {
      /** its name, as system.listMethods gives it */
      method: string;
    };
    result: string;
  };
  /** Type of a method's result, then the names of its parameters. Role: viewer. */
  "system.methodSignature": {
    params: {
      /** its name, as system.listMethods gives it */
      method: string;
    };
    result: string[][];
  };
  /** Store the newest picture of a camera as a JPEG; a sleeping camera is woken for it. Role: operator. */
  take_snapshot: {
    params: {
      /** id of a camera, as camera0 */
      device: string;
      /** name of a file, with or without extension, that every system can carry: none of < > : " | ? * / and backslash, no control characters, no dot at its begin, no dot or space at its end, no device of Windows such as CON or NUL, at most 200 bytes of UTF-8; it is normalised to NFC */
      filename?: string;
      /** of the JPEG; as captured without it */
      quality?: number;
    };
    result: SnapshotTaken;
  };
  /** Hear of these events no more, or of none. Role: viewer. */
  unsubscribe_events: {
    params: {
      /** names of events, or of groups of them */
      topics?: string[];
    };
    result: Unsubscribed;
  };
  /** Change a user's role or password, or disable one; ends the user's sessions. One enabled admin stays. Role: admin. */
  update_user: {
    params: {
      /** whom to change */
      username: string;
      /** what the user may do from now on */
      role?: "admin" | "operator" | "viewer";
      /** true: the user can log in no more */
      disabled?: boolean;
      /** a new one of 10 to 256 characters */
      password?: string;
      /** with a password: the user must set another at the next login */
      must_change_password?: boolean;
      /** true: API keys that the user made end too, and those made with them */
      revoke_api_keys?: boolean;
    };
    result: UserUpdated;
  };
  /** Open each file and compare it with the index; answers RUNNING after 3 s, ask with `verify_id` from then on. Role: admin. */
  verify_library: {
    params: {
      /** mend what can be mended, and bring the index in step; nothing is deleted */
      repair?: boolean;
      /** end the run under way */
      cancel?: boolean;
      /** ask for the last run; begins none */
      verify_id?: number;
    };
    result: VerdictView;
  };
}

export type MethodName = keyof Methods;

/** Every notification: what it tells. */
export interface Notifications {
  /** A camera changed; to every connection that is logged in. */
  camera_status_update: CameraView;
  /** A recording changed; to every connection that is logged in. */
  recording_status_update: RecordingUpdate;
  /** The recordings' disk is in another state; to every connection that is logged in. */
  storage_status_update: StorageUpdate;
  /** A camera can be used: it came, or it recovered. To those who subscribed. */
  "camera.connected": CameraView;
  /** A camera is gone. To those who subscribed. */
  "camera.disconnected": CameraView;
  /** The status of a camera is another. To those who subscribed. */
  "camera.status_change": CameraView;
  /** Controls of a camera were set, here, by another program or by the camera. To those who subscribed. */
  "control.change": ControlsChanged;
  /** The microphone of a camera has heard nothing for a minute. To those who subscribed. */
  "sound.silent": SoundEvent;
  /** A microphone that was silent hears something. To those who subscribed. */
  "sound.audible": SoundEvent;
  /** The file of a recording is seen to grow. To those who subscribed. */
  "recording.start": RecordingUpdate;
  /** A recording has ended, and can be downloaded if there is any footage. To those who subscribed. */
  "recording.stop": RecordingUpdate;
  /** A recording failed, and why. To those who subscribed. */
  "recording.error": RecordingUpdate;
  /** Retention leaves a recording alone from now on, or does so no more. To those who subscribed. */
  "library.protection": ProtectionEvent;
  /** Retention has deleted files. To those who subscribed. */
  "library.cleanup": CleanupEvent;
  /** An export began, is further, is done, failed or was cancelled. To those who subscribed. */
  "export.progress": ExportView;
  /** A move to the second folder began, is done, or failed and is tried again. To those who subscribed. */
  "move.progress": MoveView;
  /** A snapshot is stored. To those who subscribed. */
  "snapshot.taken": SnapshotEvent;
  /** The health of the service is another. To those who subscribed. */
  "system.health": HealthChanged;
  /** Everything is up. To those who subscribed. */
  "system.startup": SystemEvent;
  /** The service is stopping. To those who subscribed. */
  "system.shutdown": SystemEvent;
}

export type NotificationName = keyof Notifications;

export type Role = "viewer" | "operator" | "admin";

/** The least role that may call each method. */
export const methodRoles: Readonly<Record<MethodName, Role | "open">> = {
  accept_volume: "admin",
  add_external_stream: "operator",
  authenticate: "open",
  cancel_export: "operator",
  change_password: "viewer",
  cleanup_old_files: "admin",
  create_api_key: "admin",
  create_user: "admin",
  delete_export: "admin",
  delete_profile: "admin",
  delete_recording: "admin",
  delete_snapshot: "admin",
  delete_user: "admin",
  discover_external_streams: "operator",
  export_recording: "operator",
  get_audit_log: "admin",
  get_camera_capabilities: "viewer",
  get_camera_controls: "viewer",
  get_camera_list: "viewer",
  get_camera_status: "viewer",
  get_exports: "viewer",
  get_external_streams: "viewer",
  get_metrics: "admin",
  get_moves: "viewer",
  get_recording_info: "viewer",
  get_recording_schedules: "viewer",
  get_recording_status: "viewer",
  get_retention_policy: "admin",
  get_server_info: "viewer",
  get_snapshot_info: "viewer",
  get_status: "admin",
  get_storage_info: "admin",
  get_stream_status: "viewer",
  get_stream_url: "viewer",
  get_streams: "viewer",
  get_subscription_stats: "viewer",
  get_system_status: "viewer",
  list_api_keys: "admin",
  list_clients: "admin",
  list_exports: "viewer",
  list_recordings: "viewer",
  list_snapshots: "viewer",
  list_users: "admin",
  move_recording: "admin",
  ping: "open",
  protect_recording: "operator",
  remove_external_stream: "operator",
  revoke_api_key: "admin",
  revoke_logins: "admin",
  "rpc.discover": "viewer",
  save_profile: "admin",
  set_camera_config: "admin",
  set_camera_control: "operator",
  set_discovery_interval: "admin",
  set_recording_schedule: "admin",
  set_retention_policy: "admin",
  start_recording: "operator",
  start_streaming: "operator",
  stop_recording: "operator",
  stop_streaming: "operator",
  subscribe_events: "viewer",
  "system.listMethods": "viewer",
  "system.methodHelp": "viewer",
  "system.methodSignature": "viewer",
  take_snapshot: "operator",
  unsubscribe_events: "viewer",
  update_user: "admin",
  verify_library: "admin",
};

/** Codes of JSON-RPC errors. */
export const ErrorCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  AuthenticationFailed: -32001,
  PermissionDenied: -32002,
  NotFound: -32010,
  InvalidState: -32020,
  Unsupported: -32030,
  RateLimited: -32040,
  DependencyFailed: -32050,
} as const;

export interface RpcError {
  code: number;
  message: string;
  data: { reason: string; suggestion?: string; hint?: string; [key: string]: unknown };
}
