import Transfer

/// One line of the journal.
enum JournalRecord: Sendable, Equatable, Codable {
    /// The first line: whose volume this is.
    case volume(VolumeIdentity)
    /// A step of the lifecycle with the reports it made, in one line so that neither is kept without the other.
    case step(LifecycleMachine.Memory, reports: [StateReport])
    /// A destination has all reports up to `through`.
    case acknowledged(destination: String, through: Int64)
    case fetched(FetchedRecord)
    case stored(StoredRecord)
    case upload(UploadRecord)
    case uploadEnded(url: String)
}
