//go:build amd64 && !purego

#include "textflag.h"

// One step of the sum: 16 columns of a row of b times each of 6 rows of a.
#define STEP(ao, ro) \
	MOVQ ro(R11), R12; \
	VMOVUPS (DI)(R12*4), Y0; \
	VMOVUPS 32(DI)(R12*4), Y1; \
	VBROADCASTSS (ao+0)(SI), Y2; \
	VBROADCASTSS (ao+4)(SI), Y3; \
	VFMADD231PS Y0, Y2, Y4; \
	VFMADD231PS Y1, Y2, Y5; \
	VFMADD231PS Y0, Y3, Y6; \
	VFMADD231PS Y1, Y3, Y7; \
	VBROADCASTSS (ao+8)(SI), Y2; \
	VBROADCASTSS (ao+12)(SI), Y3; \
	VFMADD231PS Y0, Y2, Y8; \
	VFMADD231PS Y1, Y2, Y9; \
	VFMADD231PS Y0, Y3, Y10; \
	VFMADD231PS Y1, Y3, Y11; \
	VBROADCASTSS (ao+16)(SI), Y2; \
	VBROADCASTSS (ao+20)(SI), Y3; \
	VFMADD231PS Y0, Y2, Y12; \
	VFMADD231PS Y1, Y2, Y13; \
	VFMADD231PS Y0, Y3, Y14; \
	VFMADD231PS Y1, Y3, Y15

// func tileAVX2(k int, a, b *float32, rows *int, c *float32, ldc, add int)
TEXT ·tileAVX2(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ rows+24(FP), R11
	MOVQ c+32(FP), DX
	MOVQ ldc+40(FP), R8
	MOVQ add+48(FP), R9
	SHLQ $2, R8
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15

	MOVQ CX, BX
	SHRQ $2, BX
	JZ   tail

four:
	STEP(0, 0)
	STEP(24, 8)
	STEP(48, 16)
	STEP(72, 24)
	ADDQ $96, SI
	ADDQ $32, R11
	DECQ BX
	JNZ  four

tail:
	ANDQ $3, CX
	JZ   done

one:
	STEP(0, 0)
	ADDQ $24, SI
	ADDQ $8, R11
	DECQ CX
	JNZ  one

done:
	TESTQ R9, R9
	JZ    store
	MOVQ  DX, R10
	VADDPS (R10), Y4, Y4
	VADDPS 32(R10), Y5, Y5
	ADDQ   R8, R10
	VADDPS (R10), Y6, Y6
	VADDPS 32(R10), Y7, Y7
	ADDQ   R8, R10
	VADDPS (R10), Y8, Y8
	VADDPS 32(R10), Y9, Y9
	ADDQ   R8, R10
	VADDPS (R10), Y10, Y10
	VADDPS 32(R10), Y11, Y11
	ADDQ   R8, R10
	VADDPS (R10), Y12, Y12
	VADDPS 32(R10), Y13, Y13
	ADDQ   R8, R10
	VADDPS (R10), Y14, Y14
	VADDPS 32(R10), Y15, Y15

store:
	VMOVUPS Y4, (DX)
	VMOVUPS Y5, 32(DX)
	ADDQ    R8, DX
	VMOVUPS Y6, (DX)
	VMOVUPS Y7, 32(DX)
	ADDQ    R8, DX
	VMOVUPS Y8, (DX)
	VMOVUPS Y9, 32(DX)
	ADDQ    R8, DX
	VMOVUPS Y10, (DX)
	VMOVUPS Y11, 32(DX)
	ADDQ    R8, DX
	VMOVUPS Y12, (DX)
	VMOVUPS Y13, 32(DX)
	ADDQ    R8, DX
	VMOVUPS Y14, (DX)
	VMOVUPS Y15, 32(DX)
	VZEROUPPER
	RET

// func rectifyAVX2(n int, dst, x *float32, b float32)
TEXT ·rectifyAVX2(SB), NOSPLIT, $0-28
	MOVQ n+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ x+16(FP), SI
	VBROADCASTSS b+24(FP), Y1
	VXORPS Y2, Y2, Y2

rectify:
	VADDPS  (SI), Y1, Y0
	VMAXPS  Y0, Y2, Y0 // Y0 where either is no number
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     rectify
	VZEROUPPER
	RET

// func gateAVX2(n int, dst, d, y *float32)
TEXT ·gateAVX2(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ d+16(FP), SI
	MOVQ y+24(FP), DX
	VXORPS Y2, Y2, Y2

gate:
	VMOVUPS (DX), Y0
	VCMPPS  $0x1e, Y2, Y0, Y0 // above zero
	VANDPS  (SI), Y0, Y0
	VADDPS  (DI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DX
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     gate
	VZEROUPPER
	RET

// func raiseAVX2(n int, top, which, v *float32, code float32)
TEXT ·raiseAVX2(SB), NOSPLIT, $0-36
	MOVQ n+0(FP), CX
	MOVQ top+8(FP), DI
	MOVQ which+16(FP), DX
	MOVQ v+24(FP), SI
	VBROADCASTSS code+32(FP), Y3

raise:
	VMOVUPS   (SI), Y0
	VMOVUPS   (DI), Y1
	VCMPPS    $0x1e, Y1, Y0, Y2 // above
	VCMPPS    $0x03, Y0, Y0, Y4 // no number
	VORPS     Y4, Y2, Y2
	VBLENDVPS Y2, Y0, Y1, Y1
	VMOVUPS   Y1, (DI)
	VMOVUPS   (DX), Y1
	VBLENDVPS Y2, Y3, Y1, Y1
	VMOVUPS   Y1, (DX)
	ADDQ      $32, SI
	ADDQ      $32, DI
	ADDQ      $32, DX
	SUBQ      $8, CX
	JNZ       raise
	VZEROUPPER
	RET

// func cpuid(leaf, sub uint32) (a, b, c, d uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-24
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	MOVL DX, d+20(FP)
	RET

// func xgetbv() (lo uint32)
TEXT ·xgetbv(SB), NOSPLIT, $0-4
	XORL CX, CX
	XGETBV
	MOVL AX, lo+0(FP)
	RET
