import Foundation
import PodRules
import TestSupport
import Testing

@testable import Terminator

@Suite struct ExitImageTests {
    @Test(
        arguments: [
            ([], nil, true), (["sh", "-c", "x"], nil, true), (["/bin/bash"], nil, true), (["/exit"], nil, true),
            (["/usr/local/bin/python3", "x.py"], nil, true), (["/opt/python3"], nil, false), (["nginx"], nil, false),
            (["./sh"], nil, false), (["$(SHELL)"], nil, false), (["sh"], "/opt/tools", false),
            (["sh"], "/opt/tools:/bin", true), (["/bin/sh"], "/opt/tools", true), (["/workdir/.kpipe/sh"], nil, false),
            ([""], nil, false), (["/"], nil, false),
        ] as [([String], String?, Bool)])
    func `which commands it has`(command: [String], path: String?, runs: Bool) {
        #expect(ExitImage("exit").runs(command: command, searchPath: path) == runs)
    }

    @Test func `the names are those the image is built with`() throws {
        let text = try String(contentsOfFile: Repository.path("scripts/lib/exit-names.txt"), encoding: .utf8)
        #expect(Set(text.split(separator: "\n").map(String.init)) == ExitImage.shippedPrograms)
        let layout = try String(contentsOfFile: Repository.path("scripts/lib/exit-image-layout"), encoding: .utf8)
        let line = try #require(layout.split(separator: "\n").first { $0.hasPrefix("for folder in ") })
        let folders = line.dropFirst("for folder in ".count).prefix { $0 != ";" }.split(separator: " ")
        #expect(Set(folders.map { "/\($0)" }) == ExitImage.shippedFolders)
    }
}
