/// The C entry point of the static program.
@c(kpipe_entrypoint_main)
package func kpipeEntrypointMain(
    _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
    Entrypoint.main((0..<Int(count)).compactMap { index in arguments[index].map { String(cString: $0) } })
}
