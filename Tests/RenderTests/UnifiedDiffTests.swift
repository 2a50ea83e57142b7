import Foundation
import Render
import TestSupport
import Testing

@Suite struct UnifiedDiffTests {
    @Test func differencesComeInTheUnifiedFormat() {
        let diff = UnifiedDiff.text(Array("a\nb\nc\n".utf8), Array("a\nx\nc\n".utf8), name: "f", coloured: false)
        #expect(String(decoding: diff, as: UTF8.self) == "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n")
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let long = (1...40).map { "line \($0)\n" }.joined()

    static let pairs: [(before: [UInt8], after: [UInt8])] = [
        (bytes("a\nb"), bytes("a\nc")), (bytes("a\nb\n"), bytes("a\nb")), (bytes("a\nb"), bytes("a\nb\n")),
        (bytes("a\r\nb\r\n"), bytes("a\r\nx\r\nb\r\n")), ([0xFF, 0x0A, 0x62, 0x0A], [0xFF, 0x0A, 0x63, 0xFE, 0x0A]),
        (bytes(long), bytes(long.replacing("line 3\n", with: "").replacing("line 30\n", with: "x\ny\n"))),
        (bytes("\u{FEFF}a\n\tb\n"), bytes("\u{FEFF}a\n\tb\nc\n")), (bytes("a\n\n\nb\n"), bytes("a\n\nb\n")),
        (bytes("x\n"), []), (bytes("a\nb\nc"), bytes("c")),
    ]

    /// What both tools make of it is the new text, byte for byte.
    @Test(arguments: pairs.indices, ["f.yaml", "a folder/f g.yaml"])
    func bothToolsApplyIt(_ index: Int, _ name: String) async throws {
        let (before, after) = Self.pairs[index]
        for tool in [
            ["git", "apply", "--whitespace=nowarn", "d.patch"], ["patch", "--binary", "-p1", "-i", "d.patch"],
        ] {
            let folder = try TemporaryFolder("diff")
            try folder.write(before, to: name)
            try folder.write(UnifiedDiff.text(before, after, name: name, coloured: false), to: "d.patch")
            _ = try await output("/usr/bin/env", ["-C", folder.path] + tool)
            // `patch` takes an empty file away.
            let result = (try? Data(contentsOf: URL(filePath: folder[name]))) ?? Data()
            #expect([UInt8](result) == after, "\(tool[0]) \(index)")
        }
    }
}
