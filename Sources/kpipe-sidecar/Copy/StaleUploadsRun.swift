import Basics
import Glibc
import Transfer
import WorkdirProtocol

/// `cp --abort-stale`: names the uploads in parts that nobody has ended, asks, and aborts them.
struct StaleUploadsRun {
    let engine: TransferEngine
    let age: Duration
    let filter: NameFilter
    let dryRun: Bool
    let yes: Bool
    let output: CopyOutput

    /// Those to abort: none of a rehearsal, and none unless somebody who sees them says yes. A signal ends it at once.
    func chosen(_ places: [String]) async throws -> [StaleUpload] {
        let moment = WallClock.system.microsecondsSince1970() / 1_000_000 - age.components.seconds
        var uploads: [StaleUpload] = []
        do {
            for place in places {
                uploads += try await engine.staleUploads(place, before: moment, filter, onEvent: output.take)
            }
        } catch {
            throw CommandFailure(error.exitCode, error.description)
        }
        if dryRun {
            for upload in uploads { output.tell("stale", upload) }
            return []
        }
        if !uploads.isEmpty, !yes { try ask(uploads) }
        return uploads
    }

    private func ask(_ uploads: [StaleUpload]) throws {
        let count = String(counting: uploads.count, "upload")
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw CommandFailure(.usage, "\(count) would be aborted: say --yes, or --dry-run to see which")
        }
        for upload in uploads { output.tell("stale", upload) }
        output.prompt("Abort \(count)? What they have stored so far is lost. [y/N] ")
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            throw CommandFailure(.usage, "nothing was aborted")
        }
    }
}

extension CopyOutput {
    @Sendable func aborted(_ stale: StaleUpload) { tell("aborted", stale) }

    /// A line for an upload that somebody has left.
    func tell(_ event: String, _ stale: StaleUpload) {
        let began = String(UnixTime(milliseconds: stale.began * 1000).description.prefix(19)) + "Z"
        show(
            "\(event) \(stale.url.printable()) begun \(began)",
            [
                ("event", .text(event)), ("url", .text(stale.url)), ("id", .text(stale.id)),
                ("begun", .text(began)),
            ])
    }
}
