import Render
import Testing

@Suite struct UnifiedDiffTests {
    @Test func differencesComeInTheUnifiedFormat() {
        let diff = UnifiedDiff.text(Array("a\nb\nc\n".utf8), Array("a\nx\nc\n".utf8), name: "f", coloured: false)
        #expect(String(decoding: diff, as: UTF8.self) == "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n")
    }
}
