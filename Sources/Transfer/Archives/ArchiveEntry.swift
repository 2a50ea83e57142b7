internal import Glibc

/// What an archive says of one of its entries, unchecked.
struct ArchiveEntry: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// With its size, where the archive tells it in advance.
        case file(Int64?)
        case folder
        case symbolicLink(String)
        /// To an entry that came before, named from the archive's root.
        case hardLink(String)
        /// Device, pipe or socket.
        case special
    }

    var path: String
    var kind: Kind
    var permissions: mode_t
    /// Seconds since 1970.
    var modified: time_t?
}
