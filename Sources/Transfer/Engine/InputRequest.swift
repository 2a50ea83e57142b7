/// One entry of `inputs`: what to fetch and where it belongs.
package struct InputRequest: Sendable, Equatable {
    /// An object, a `prefix/`, or a glob (see `Glob`), placeholders already filled in.
    package var from: String
    /// Path below the folder of inputs. One object: the file's path, or the folder for it if this ends in `/` or is
    /// empty. Prefix or glob: the folder. An archive to unpack: the folder it becomes.
    package var to: String
    /// Of the object as stored (an archive's own digest, not its content's); for single objects only.
    package var sha256: [UInt8]?
    package var unpack: Unpack
    /// A missing object, or a prefix or pattern that names nothing, is no failure.
    package var optional: Bool

    package enum Unpack: String, Sendable, CaseIterable {
        case never
        /// tar, tar.gz, tar.zst, tar.xz, tar.bz2 and zip, told by content and not by name.
        case auto
    }

    package init(from: String, to: String, sha256: [UInt8]? = nil, unpack: Unpack = .never, optional: Bool = false) {
        self.from = from
        self.to = to
        self.sha256 = sha256
        self.unpack = unpack
        self.optional = optional
    }
}
