/* What swift-argument-parser names of FoundationEssentials, so that six megabytes of it need not be linked.
   docs/decisions/no-full-foundation.md says why; scripts/build-images fails when this is not enough any more.
   Only in release builds of kpipe-sidecar: everything else has the real library. */
#ifdef KPIPE_WITHOUT_FOUNDATION
	.section .rodata,"a",@progbits
module_name:
	.asciz "FoundationEssentials"
protocol_name:
	.asciz "LocalizedError"

/* A module's context descriptor and a protocol's, as the Swift ABI has them (swift/ABI/Metadata.h): flags (kind, unique,
   not for classes alone), parent, name, no requirements. Errors are asked whether they conform to it; none does. */
	.p2align 2
module_context:
	.long 0x40, 0, module_name - .
	.p2align 2
	.globl "$s20FoundationEssentials14LocalizedErrorMp"
"$s20FoundationEssentials14LocalizedErrorMp":
	.long 0x00010043, module_context - ., protocol_name - ., 0, 0, 0

/* JSONEncoder, and a text made of its Data: reached by --experimental-dump-help alone, which debug builds answer. */
	.text
	.globl "$s20FoundationEssentials11JSONEncoderC16OutputFormattingV10sortedKeysAEvau"
	.globl "$s20FoundationEssentials11JSONEncoderC16OutputFormattingV13prettyPrintedAEvau"
	.globl "$s20FoundationEssentials11JSONEncoderCACycfc"
	.globl "$s20FoundationEssentials11JSONEncoderCMa"
	.globl "$sSS20FoundationEssentialsE4data8encodingSSSgAA4DataVh_SSAAE8EncodingVtcfC"
	.globl "$sSS20FoundationEssentialsE8EncodingV4utf8ACvau"
"$s20FoundationEssentials11JSONEncoderC16OutputFormattingV10sortedKeysAEvau":
"$s20FoundationEssentials11JSONEncoderC16OutputFormattingV13prettyPrintedAEvau":
"$s20FoundationEssentials11JSONEncoderCACycfc":
"$s20FoundationEssentials11JSONEncoderCMa":
"$sSS20FoundationEssentialsE4data8encodingSSSgAA4DataVh_SSAAE8EncodingVtcfC":
"$sSS20FoundationEssentialsE8EncodingV4utf8ACvau":
#if defined(__aarch64__)
	b abort
#else
	jmp abort@PLT
#endif
#endif
	.section .note.GNU-stack,"",%progbits
