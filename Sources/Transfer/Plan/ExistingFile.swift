internal import Basics

/// Whether a file and an object are taken for the same without moving a byte. Pure.
///
/// | size | checksum | time | same |
/// | --- | --- | --- | --- |
/// | differs, or not known | | | no |
/// | equal | equal | | yes |
/// | equal | differs | | no |
/// | equal | not known | the target is not older than the source | yes |
/// | equal | not known | older, or not known | no |
enum ExistingFile {
    enum Direction {
        /// The object is the source.
        case fetched
        case stored
    }

    /// - Parameter checksum: of the file, by the algorithm that the store tells; asked for only where that decides.
    static func isSame(
        size: Int64, modified: Int64, _ info: ObjectInfo, _ direction: Direction,
        checksum: (ChecksumAlgorithm) throws(TransferError) -> Checksum?
    ) throws(TransferError) -> Bool {
        guard info.size == size else { return false }
        if let told = info.checksum, let found = try checksum(told.algorithm) { return found == told }
        guard let time = seconds(info.lastModified) else { return false }
        return direction == .fetched ? modified >= time : time >= modified
    }

    /// The same of two objects.
    static func isSame(_ target: ObjectInfo, as source: ObjectInfo) -> Bool {
        guard let size = target.size else { return false }
        let same = try? isSame(size: size, modified: seconds(target.lastModified) ?? .min, source, .fetched) {
            (algorithm) throws(TransferError) in
            target.checksum?.algorithm == algorithm && !target.isComposite ? target.checksum : nil
        }
        return same ?? false
    }

    /// As listings (RFC 3339) and answers (RFC 9110) write it.
    private static func seconds(_ text: String?) -> Int64? {
        text.flatMap { (CivilTime(http: $0) ?? CivilTime(internet: $0))?.secondsSince1970 }
    }
}
