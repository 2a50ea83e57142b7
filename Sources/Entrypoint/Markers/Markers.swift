import WorkdirProtocol

/// The markers in the workdir, seen and made by the entrypoint. A marker that cannot be made is reported once a kind;
/// the command runs on.
struct Markers {
    let workdir: WorkdirFolder

    func snapshot() -> MarkerSnapshot {
        let epoch = read(WorkdirPath.epoch)
        return MarkerSnapshot(
            isReady: MarkerSnapshot.isReady(marker: read(WorkdirPath.ready), epoch: epoch),
            isHealthy: workdir.exists(WorkdirPath.healthy),
            epoch: epoch.map { String(decoding: MarkerSnapshot.firstLine($0), as: UTF8.self) } ?? "",
            failed: read(WorkdirPath.failed).flatMap { Verdict(parsing: $0) },
            stored: read(WorkdirPath.stored).flatMap { Verdict(parsing: $0) })
    }

    /// The try before this one; nil: this is the first.
    func earlierTry() -> TryRecord? {
        read(WorkdirPath.attempt).flatMap { TryRecord(parsing: $0) }
    }

    /// Removes what an earlier try has left and would be taken for this one's.
    func clear() throws(FileError) {
        for marker in [WorkdirPath.state, WorkdirPath.done, WorkdirPath.healthy] {
            try workdir.remove(marker)
        }
    }

    private func read(_ path: String) -> [UInt8]? {
        try? workdir.read(path)
    }
}
