import Testing
import WorkdirProtocol

struct VerdictTests {
    @Test(arguments: [
        TryVerdict(attempt: 1, exitCode: 0, message: "12 objects stored"),
        TryVerdict(attempt: TryVerdict.everyTry, exitCode: 66, message: "s3://bucket/key: no such object"),
        TryVerdict(attempt: 3, exitCode: 74, message: ""),
        TryVerdict(attempt: 3, exitCode: 74, message: "x y", epoch: "17-ab"),
    ])
    func readsWhatItWrites(verdict: TryVerdict) {
        #expect(TryVerdict(parsing: verdict.text.utf8) == verdict)
    }

    @Test func staysOnOneLine() {
        let verdict = TryVerdict(attempt: 1, exitCode: 65, message: "two\r\nlines")
        #expect(verdict.text == "1 65 two  lines\n")
    }

    @Test(arguments: [
        "", "\n", "1", "x 1 y", "-1 66 no", "1 99999999999 no", "1  no", " 1 2", "99999999999999999999 1 x",
    ])
    func refuses(text: String) {
        #expect(TryVerdict(parsing: text.utf8) == nil)
    }

    @Test func withoutMessageIsAVerdict() {
        #expect(TryVerdict(parsing: "2 74".utf8) == TryVerdict(attempt: 2, exitCode: 74, message: ""))
    }

    @Test(arguments: [(0, true), (2, true), (1, false), (3, false)])
    func concernsItsTry(attempt: Int, concerned: Bool) {
        #expect(TryVerdict(attempt: attempt, exitCode: 1, message: "").concerns(attempt: 2) == concerned)
    }
}

struct TryRecordTests {
    @Test(arguments: [
        TryRecord(attempt: 1, epoch: "7-a", phase: .waiting),
        TryRecord(attempt: 2, epoch: "", phase: .running, processID: 17),
        TryRecord(attempt: 3, epoch: "e", phase: .ended, processID: 17, exitCode: 3),
        TryRecord(attempt: 4, epoch: "e", phase: .ended, processID: 17, signal: 9, reason: EndReason.noOutput),
        TryRecord(
            attempt: 5, epoch: "e", phase: .ended, exitCode: 127, reason: EndReason.notStarted,
            message: "x: not = found"),
        TryRecord(
            attempt: 6, epoch: "e", phase: .running,
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ])
    func readsWhatItWrites(record: TryRecord) {
        #expect(TryRecord(parsing: Array(record.text.utf8)) == record)
    }

    @Test func skipsWhatItDoesNotKnow() {
        let text = "later=thing\ntry=5\nrubbish\nphase=ended\nepoch=a=b\n"
        #expect(TryRecord(parsing: Array(text.utf8)) == TryRecord(attempt: 5, epoch: "a=b", phase: .ended))
    }

    /// Main may write anything; what becomes a header field of ours is a trace or nothing.
    @Test(arguments: ["x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r", ""])
    func `takes no trace that is none`(text: String) {
        let record = TryRecord(parsing: Array("try=5\nphase=running\ntraceparent=\(text)\n".utf8))
        #expect(record == TryRecord(attempt: 5, epoch: "", phase: .running))
    }

    @Test(arguments: ["", "try=1\n", "phase=ended\n", "try=0\nphase=ended\n", "try=1\nphase=dancing\n"])
    func refuses(text: String) {
        #expect(TryRecord(parsing: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "try=1000000001", "try=9223372036854775807", "try=1\npid=0", "try=1\npid=-7", "try=1\npid=2147483648",
        "try=1\nexit=-1", "try=1\nexit=256", "try=1\nsignal=0", "try=1\nsignal=65", "try=1\nsignal=2147483647",
    ])
    func refusesNumbersThatNothingHas(text: String) {
        #expect(TryRecord(parsing: Array("\(text)\nphase=ended\n".utf8)) == nil)
    }

    @Test(arguments: [(nil, 1), (1, 2), (999_999_999, 1_000_000_000), (1_000_000_000, 1_000_000_000)] as [(Int?, Int)])
    func countsOn(earlier: Int?, next: Int) {
        #expect(TryRecord.attempt(after: earlier.map { TryRecord(attempt: $0, epoch: "", phase: .ended) }) == next)
    }
}
