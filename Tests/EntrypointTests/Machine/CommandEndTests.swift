import Entrypoint
import Testing

@Test(arguments: [
    (0, CommandEnd.exited(0), 0), (3 << 8, .exited(3), 3), (9, .signaled(9), 137), (0x8B, .signaled(11), 139),
])
func readsTheStatusOfWait(status: Int32, end: CommandEnd, code: Int32) {
    #expect(CommandEnd(waitStatus: status) == end)
    #expect(end.code == code)
}
