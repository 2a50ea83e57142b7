import Basics

/// The members of a record, in the order in which they are written.
extension StepRecord {
    package static let fields: [RecordField<StepRecord>] = [
        .text("kind", \.kind, "StepReport."),
        .integer("version", \.version, "Of this form; raised when older readers would misunderstand."),
        .text("program", \.program, "The version of kpipe-sidecar that made it."),
        .time("made", \.made, "When it was made."),
        .part("step", \.step, "Whose step it is."),
        .time("start", \.start, "The step's beginning."),
        .time("end", \.end, "The step's end; absent while it goes on."),
        .part("outcome", \.outcome, "How it ended; absent while it goes on."),
        .list("phases", \.phases, "What the agent was about, one after the other.", limit: 1000),
        .list("states", \.states, "States as reported, in order.", limit: 2000),
        .list("containers", \.containers, "The pod's containers, as far as known.", limit: 100),
        .list("attempts", \.attempts, "Tries of main.", limit: 1000),
        .part("inputs", \.inputs, "All inputs together."),
        .part("outputs", \.outputs, "All outputs together."),
        .list("usage", \.usage, "What containers used.", limit: 20),
        .part("log", \.log, "The end of main's log."),
        .texts("warnings", \.warnings, "What did not work and is not the step's failure.", limit: 200),
        .list("files", \.files, "Transfers one by one.", limit: 20_000, isBulk: true),
    ]

    /// Checked in at `docs/schema/report.schema.json`; `kpipe-sidecar schema report` prints it.
    package static var schemaText: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "A step's report: report.json of kpipe-sidecar"),
            .init("required", ["kind", "version"]),
        ]
        return JSONValue.object(head + outline.map { .init($0.key, $0.value) }).prettyText
    }
}

extension StepIdentity {
    package static let fields: [RecordField<StepIdentity>] = [
        .text("namespace", \.namespace, "The pod's namespace."),
        .text("pod", \.pod, "The pod's name; outside a cluster the host's."),
        .text("uid", \.uid, "The pod's uid."),
        .text("job", \.job, "The Job it belongs to."),
        .text("node", \.node, "The node it ran on."),
        .text("epoch", \.epoch, "This life of the shared volume."),
    ]
}

extension StepEnd {
    package static let fields: [RecordField<StepEnd>] = [
        .text("state", \.state, "DONE, ERROR or KILLED."),
        .text("reason", \.reason, "One word, as in OOMKilled; absent where all went well."),
        .text("message", \.message, "One sentence."),
        .integer("exitCode", \.exitCode, "Main's, or the agent's for what it could not do."),
        .text("container", \.container, "The container at fault."),
        .integer("attempts", \.attempts, "Tries of main."),
    ]
}

extension RecordedPhase {
    package static let fields: [RecordField<RecordedPhase>] = [
        .choice("name", \.name, "ready, awaiting-retry and settled are waits, the others work."),
        .time("start", \.start, "Its beginning."), .time("end", \.end, "Its end; absent while it goes on."),
    ]
}

extension RecordedState {
    package static let fields: [RecordField<RecordedState>] = [
        .text("state", \.state, "The state's word."), .time("time", \.time, "When it was reported."),
        .text("reason", \.reason, "Why, in one word."), .text("message", \.message, "Why, in one sentence."),
        .integer("exitCode", \.exitCode, "Where something went wrong."),
        .text("container", \.container, "The container at fault."),
    ]
}

extension RecordedContainer {
    package static let fields: [RecordField<RecordedContainer>] = [
        .text("name", \.name, "The container's name."), .text("role", \.role, "main, sidecar, agent or init."),
        .text("image", \.image, "As the pod names it."), .text("imageID", \.imageID, "As it was pulled."),
        .time("start", \.start, "Of its latest instance."), .time("end", \.end, "Of its latest instance."),
        .integer("exitCode", \.exitCode, "Of its latest instance."),
        .text("reason", \.reason, "Why it ended or waits, in the kubelet's words."),
        .count("restarts", \.restarts, "How often it was started again."),
        .text("note", \.note, "What is to be said of it."), .part("requests", \.requests, "What was asked for."),
        .part("limits", \.limits, "What it may use."),
    ]
}

extension RecordedResources {
    package static let fields: [RecordField<RecordedResources>] = [
        .integer("cpu", \.cpu, "Thousandths of a core."), .integer("memory", \.memory, "Bytes."),
    ]
}

extension RecordedAttempt {
    package static let fields: [RecordField<RecordedAttempt>] = [
        .integer("number", \.number, "From 1."), .time("start", \.start, "The program was started."),
        .time("end", \.end, "It ended."), .integer("exitCode", \.exitCode, "Its exit code."),
        .integer("signal", \.signal, "The signal that ended it."), .text("reason", \.reason, "Why, in one word."),
        .text("message", \.message, "Why, in one sentence."),
    ]
}

extension TransferSums {
    package static let fields: [RecordField<TransferSums>] = [
        .count("files", \.files, "Moved and verified."), .count("skipped", \.skipped, "In place already."),
        .count("failed", \.failed, "Failed for good."), .count("leftOut", \.leftOut, "Left out on purpose."),
        .count("bytes", \.bytes, "Of the files moved."), .count("retries", \.retries, "Requests made again."),
        .seconds("took", \.took, "From the first to the last."),
        .seconds("waited", \.waited, "Waits of the single transfers, added up."),
        .seconds("digest", \.digest, "CPU time of SHA-256."),
        .count("unlisted", \.unlisted, "Transfers that have no row in files."),
    ]
}

extension RecordedTransfer {
    package static let fields: [RecordField<RecordedTransfer>] = [
        .choice("direction", \.direction, "input or output."),
        .choice("result", \.result, "How it ended."),
        .text("path", \.path, "Below input/ or output/."), .text("url", \.url, "Without credentials."),
        .time("start", \.start, "When it was its turn."), .time("end", \.end, "When it was verified, or given up."),
        .integer("bytes", \.bytes, "The file's size."), .count("retries", \.retries, "Requests made again."),
        .seconds("waited", \.waited, "Of its time, in which nothing moved: before its first request, between tries."),
        .text("sha256", \.sha256, "Where it was computed."), .text("error", \.error, "Why it failed, or was left out."),
    ]
}

extension RecordedLog {
    package static let fields: [RecordField<RecordedLog>] = [
        .texts("lines", \.lines, "The last ones, as in output/log.", limit: 1000),
        .count("omitted", \.omitted, "Bytes before them."),
    ]
}

extension RecordedUsage {
    package static let fields: [RecordField<RecordedUsage>] = [
        .text("container", \.container, "main, agent, or the container's id."),
        .seconds("cpu", \.cpu, "CPU time."), .seconds("throttled", \.throttled, "Held back by the CPU limit."),
        .integer("memoryPeak", \.memoryPeak, "Most bytes ever charged, page cache included."),
        .integer("workingSetPeak", \.workingSetPeak, "Most bytes less inactive page cache."),
        .integer("memoryLimit", \.memoryLimit, "Bytes; absent: none."),
        .integer("cpuLimit", \.cpuLimit, "Thousandths of a core; absent: none."),
        .integer("oomKills", \.oomKills, "Processes ended for want of memory."),
        .integer("read", \.read, "Bytes from block devices."),
        .integer("written", \.written, "Bytes to block devices."),
        .time("start", \.start, "Of the first piece of the series."),
        .seconds("every", \.every, "How long a piece is."),
        .list(
            "series", \.series, "Side by side; pieces grow longer as the step does, peaks stay.", limit: 20,
            isBulk: true),
    ]
}

extension RecordedSeries {
    package static let fields: [RecordField<RecordedSeries>] = [
        .text(
            "metric", \.metric,
            "cpu, throttled and the pressures per second of time, read and written in bytes a second, memory in bytes."),
        .numbers("min", \.min, "Least of each piece; absent where it is the mean.", limit: UsageSeries.capacity),
        .numbers("mean", \.mean, "Mean of each piece.", limit: UsageSeries.capacity),
        .numbers("max", \.max, "Most of each piece; absent where it is the mean.", limit: UsageSeries.capacity),
    ]
}
