import PodRules
import Testing

@testable import Terminator

@Suite struct ProgressTests {
    @Test(arguments: [
        ("a=image@1/0", ["image succeeded"]),
        ("a=http@1/0!,image@2/0", ["image succeeded"]),
        ("a=http@1/0,image@2/0", ["http timeout", "image succeeded"]),
        ("a=image@1/0!,hold@2/0,deadline@3/0", ["deadline succeeded", "hold succeeded"]),
        ("a=http@1/0;b=image@1/0", ["http succeeded", "image succeeded"]),
    ])
    func `what became of the attempts`(_ text: String, _ outcomes: [String]) {
        #expect(Progress(text).outcomes.map { "\($0.rung.rawValue) \($0.result)" }.sorted() == outcomes)
    }

    @Test func `what is written is read`() {
        var progress = Progress()
        progress.record(.init(.http, at: 1_795_240_856), of: "proxy")
        progress.markFailed(.http, of: "proxy")
        progress.record(.init(.image, at: 1_795_240_866, restarts: 2), of: "proxy")
        progress.record(.init(.hold, at: 1_795_240_890), of: "logger")
        #expect(
            progress.description == "logger=hold@1795240890/0;proxy=http@1795240856/0!,image@1795240866/2")
        #expect(Progress(progress.description) == progress)
        #expect(progress.holds)
        #expect(progress.start == 1_795_240_856)
    }

    @Test func `a rung tried again is remembered once`() {
        var progress = Progress("a=image@5/0!,exec@6/0")
        progress.record(.init(.image, at: 9), of: "a")
        #expect(progress.description == "a=exec@6/0,image@9/0")
    }

    @Test(arguments: [
        ("", ""), ("nonsense", ""), ("=image@5/0", ""), ("a=", ""), ("a=jump@5/0", ""), ("a=image@-5/0", ""),
        ("a=image@5/-1", ""), ("a=image@5/0/0", ""), ("a=image@99999999999999999999/0", ""), ("a=image@", ""),
        ("a=image@5", "a=image@5/0"), ("a=image@5/0,jump@6/0,exec@7/0!!", "a=image@5/0"),
        ("a=image@5/0;b;c=exec@1/1", "a=image@5/0;c=exec@1/1"), ("a=image@5/0;a=image@9/0", "a=image@9/0"),
        (String(repeating: "a=image@5/0;", count: 5000), ""),
        ("a=image@5/0" + String(repeating: ";", count: (16 << 10) - 11), "a=image@5/0"),
        ("a=image@5/0" + String(repeating: ";", count: (16 << 10) - 10), ""), ("a=b=image@5/0", ""),
        ("a=image@٣/0", ""), ("a=image", ""), ("a=image@5/0@6", ""),
    ])
    func `what cannot be read is left out`(text: String, kept: String) {
        #expect(Progress(text).description == kept)
    }
}
