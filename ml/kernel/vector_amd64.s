//go:build amd64 && !purego

#include "textflag.h"

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

// func maskAVX2(n int, dst, d, y *float32)
TEXT ·maskAVX2(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ d+16(FP), SI
	MOVQ y+24(FP), DX
	VXORPS Y2, Y2, Y2

mask:
	VMOVUPS (DX), Y0
	VCMPPS  $0x1e, Y2, Y0, Y0 // above zero
	VANDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DX
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     mask
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

// func sumAVX2(n int, s *[4]float32, x *float32)
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ s+8(FP), DI
	MOVQ x+16(FP), SI
	VMOVUPS (DI), X0

sum:
	VADDPS (SI), X0, X0
	ADDQ   $16, SI
	SUBQ   $4, CX
	JNZ    sum
	VMOVUPS X0, (DI)
	RET

// func squareAVX2(n int, s *[4]float64, x *float32)
TEXT ·squareAVX2(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ s+8(FP), DI
	MOVQ x+16(FP), SI
	VMOVUPD (DI), Y0

square:
	VCVTPS2PD (SI), Y1
	VMULPD Y1, Y1, Y1
	VADDPD Y1, Y0, Y0
	ADDQ   $16, SI
	SUBQ   $4, CX
	JNZ    square
	VMOVUPD Y0, (DI)
	VZEROUPPER
	RET

// func scaleAVX2(n int, x *float32, f float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-20
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VBROADCASTSS f+16(FP), Y1

scale:
	VMULPS  (SI), Y1, Y0
	VMOVUPS Y0, (SI)
	ADDQ    $32, SI
	SUBQ    $8, CX
	JNZ     scale
	VZEROUPPER
	RET

// func adamAVX2(n int, w, d, m, v *float32, r *AdamRates) (bad float32)
TEXT ·adamAVX2(SB), NOSPLIT, $0-52
	MOVQ n+0(FP), CX
	MOVQ w+8(FP), DI
	MOVQ d+16(FP), SI
	MOVQ m+24(FP), DX
	MOVQ v+32(FP), BX
	MOVQ r+40(FP), AX
	VBROADCASTSS 0(AX), Y6  // take
	VBROADCASTSS 4(AX), Y7  // keep of the square
	VBROADCASTSS 8(AX), Y8  // take of the square
	VBROADCASTSS 12(AX), Y9 // share
	VBROADCASTSS 16(AX), Y10 // decay
	VBROADCASTSS 20(AX), Y11 // rate
	VBROADCASTSS 24(AX), Y12 // root
	VBROADCASTSS 28(AX), Y13 // floor
	VXORPS Y14, Y14, Y14     // what is bad
	VXORPS Y15, Y15, Y15

adam:
	VMOVUPS (DI), Y0        // w
	VMULPS  (SI), Y9, Y1
	VMULPS  Y10, Y0, Y2
	VADDPS  Y2, Y1, Y1      // d
	VMOVUPS (DX), Y2
	VSUBPS  Y2, Y1, Y3
	VMULPS  Y6, Y3, Y3
	VADDPS  Y3, Y2, Y2      // m
	VMOVUPS Y2, (DX)
	VMULPS  (BX), Y7, Y3
	VMULPS  Y1, Y8, Y4
	VMULPS  Y1, Y4, Y4
	VADDPS  Y4, Y3, Y3      // v
	VMOVUPS Y3, (BX)
	VSQRTPS Y3, Y3
	VMULPS  Y12, Y3, Y3
	VADDPS  Y13, Y3, Y3
	VMULPS  Y11, Y2, Y2
	VDIVPS  Y3, Y2, Y2
	VSUBPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)
	VMULPS  Y15, Y0, Y0
	VADDPS  Y0, Y14, Y14
	ADDQ    $32, DI
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, BX
	SUBQ    $8, CX
	JNZ     adam
	VEXTRACTF128 $1, Y14, X0
	VADDPS  X0, X14, X0
	VHADDPS X0, X0, X0
	VHADDPS X0, X0, X0
	VMOVSS  X0, bad+48(FP)
	VZEROUPPER
	RET

// func weaveAVX2(n int, dst *float32, width int, a, b, c, d *float32)
TEXT ·weaveAVX2(SB), NOSPLIT, $0-56
	MOVQ n+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ width+16(FP), R8
	MOVQ a+24(FP), SI
	MOVQ b+32(FP), BX
	MOVQ c+40(FP), DX
	MOVQ d+48(FP), AX
	SHLQ $2, R8

weave:
	VMOVUPS   (SI), Y0
	VMOVUPS   (BX), Y1
	VMOVUPS   (DX), Y2
	VMOVUPS   (AX), Y3
	VUNPCKLPS Y1, Y0, Y4 // a0 b0 a1 b1, and the same of 4 and 5
	VUNPCKHPS Y1, Y0, Y5
	VUNPCKLPS Y3, Y2, Y6
	VUNPCKHPS Y3, Y2, Y7
	VUNPCKLPD Y6, Y4, Y0 // a0 b0 c0 d0, and the same of 4
	VUNPCKHPD Y6, Y4, Y1
	VUNPCKLPD Y7, Y5, Y2
	VUNPCKHPD Y7, Y5, Y3
	LEAQ      (DI)(R8*4), R9
	VMOVUPS   X0, (DI)
	VEXTRACTF128 $1, Y0, (R9)
	ADDQ      R8, DI
	ADDQ      R8, R9
	VMOVUPS   X1, (DI)
	VEXTRACTF128 $1, Y1, (R9)
	ADDQ      R8, DI
	ADDQ      R8, R9
	VMOVUPS   X2, (DI)
	VEXTRACTF128 $1, Y2, (R9)
	ADDQ      R8, DI
	ADDQ      R8, R9
	VMOVUPS   X3, (DI)
	VEXTRACTF128 $1, Y3, (R9)
	LEAQ      (R9)(R8*1), DI
	ADDQ      $32, SI
	ADDQ      $32, BX
	ADDQ      $32, DX
	ADDQ      $32, AX
	SUBQ      $8, CX
	JNZ       weave
	VZEROUPPER
	RET

#define NOTHING(to, x)
#define PLUS(to, x) VADDPS to, x, x
#define PLUSONE(to, x) VADDSS to, x, x

// DX lines of BX elements from SI, which are R9 elements apart, to DI, where they
// are R8 elements apart.
#define LINES(OP, OPONE) \
	SHLQ $2, R8; \
	SHLQ $2, R9; \
line: \
	MOVQ DI, R10; \
	MOVQ SI, R11; \
	MOVQ BX, CX; \
	SUBQ $8, CX; \
	JLT  four; \
eight: \
	VMOVUPS (R11), Y0; \
	OP((R10), Y0); \
	VMOVUPS Y0, (R10); \
	ADDQ $32, R10; \
	ADDQ $32, R11; \
	SUBQ $8, CX; \
	JGE  eight; \
four: \
	ADDQ $4, CX; \
	JLT  rest; \
	VMOVUPS (R11), X0; \
	OP((R10), X0); \
	VMOVUPS X0, (R10); \
	ADDQ $16, R10; \
	ADDQ $16, R11; \
	SUBQ $4, CX; \
rest: \
	ADDQ $4, CX; \
	JZ   next; \
one: \
	VMOVSS (R11), X0; \
	OPONE((R10), X0); \
	VMOVSS X0, (R10); \
	ADDQ $4, R10; \
	ADDQ $4, R11; \
	DECQ CX; \
	JNZ  one; \
next: \
	ADDQ R8, DI; \
	ADDQ R9, SI; \
	DECQ DX; \
	JNZ  line; \
	VZEROUPPER; \
	RET

// func copyAVX2(dst *float32, ld int, src *float32, ls, lines, n int)
TEXT ·copyAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ ld+8(FP), R8
	MOVQ src+16(FP), SI
	MOVQ ls+24(FP), R9
	MOVQ lines+32(FP), DX
	MOVQ n+40(FP), BX
	LINES(NOTHING, NOTHING)

// func addAVX2(dst *float32, ld int, src *float32, ls, lines, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ ld+8(FP), R8
	MOVQ src+16(FP), SI
	MOVQ ls+24(FP), R9
	MOVQ lines+32(FP), DX
	MOVQ n+40(FP), BX
	LINES(PLUS, PLUSONE)
