import Basics
import Testing

/// Durations and sizes as people write them. What the agent's configuration accepts stands in its own tests.
@Suite struct GrammarTests {
    @Test(arguments: [
        ("0", 0), ("5", 5000), ("500ms", 500), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1.5h", 5_400_000),
        ("0.25s", 250), ("1m1m", 120_000),
    ])
    func `a bare number counts what its reader says`(text: String, milliseconds: Int64) {
        #expect(DurationText.milliseconds(text, bareNumbersCount: 1000) == milliseconds)
    }

    @Test(arguments: [
        "", "-1", "-0s", "s", "1 s", "1.s", "1x", "1mss", "36526d", "9223372036854775807", "3200000000",
        "99999999999999999999s", "36525d1ms",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText.milliseconds(text, bareNumbersCount: 1000) == nil)
    }

    @Test(arguments: [
        (0, "0s", "0ms"), (90_000, "1m30s", "90s"), (1_800_000, "30m", "30m"), (1500, "1s500ms", "1500ms"),
        (172_800_000, "48h", "2d"),
    ])
    func `durations are written in full or in one unit`(milliseconds: Int64, full: String, one: String) {
        #expect(DurationText.print(milliseconds: milliseconds) == full)
        #expect(DurationText.print(inOneUnit: milliseconds) == one)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (104_857_599, "99.9 MiB"),
        (157_810_688, "150 MiB"), (Int64.max, "8388607 TiB"),
    ])
    func `sizes are rounded for people`(bytes: Int64, text: String) {
        #expect(ByteSize.rounded(bytes) == text)
    }
}
