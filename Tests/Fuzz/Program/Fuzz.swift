import Glibc

/// libFuzzer's driver, which is given one of our parsers to call.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `KPIPE_PARSER=yaml fuzz CORPUS`; the package manager gives a program's entry point this name.
@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { fuzzOne($0, $1) }
}

/// What libFuzzer's own `main`, which is linked and not used, would call.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    parser.feed(Array(UnsafeBufferPointer(start: bytes, count: length)))
    return 0
}

private let parser: Parser = {
    let name = getenv("KPIPE_PARSER").map { String(cString: $0) } ?? ""
    guard let parser = Parser(rawValue: name) else {
        fatalError("KPIPE_PARSER=\(name): there are \(Parser.allCases.map(\.rawValue))")
    }
    return parser
}()
