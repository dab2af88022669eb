//go:build amd64 && !purego

#include "textflag.h"

// The numbers 0 to 3 in X10 to X13.
#define NUMBERS \
	VXORPS X10, X10, X10; \
	MOVL   $0x3f800000, CX; \
	VMOVD  CX, X11; \
	VBROADCASTSS X11, X11; \
	VADDPS X11, X11, X12; \
	VADDPS X11, X12, X13

// Raises X0 to x and X1 to code where x is larger or no number.
#define RAISE(x, code) \
	VCMPPS    $0x1e, X0, x, X2; \
	VCMPPS    $0x03, x, x, X3; \
	VORPS     X3, X2, X2; \
	VBLENDVPS X2, x, X0, X0; \
	VBLENDVPS X2, code, X1, X1

// func halveAVX2(top, which, img *float32, wide, step, far, h, w int)
TEXT ·halveAVX2(SB), NOSPLIT, $0-64
	MOVQ top+0(FP), DI
	MOVQ which+8(FP), AX
	MOVQ img+16(FP), SI
	MOVQ wide+24(FP), R9
	MOVQ step+32(FP), R8
	MOVQ far+40(FP), R10
	MOVQ h+48(FP), DX
	MOVQ w+56(FP), BX
	SHLQ $2, R8
	SHLQ $2, R9
	SHLQ $2, R10
	NUMBERS
	MOVL   $0xff800000, CX
	VMOVD  CX, X14
	VBROADCASTSS X14, X14 // negative infinity
	VSUBPS X11, X10, X15

line:
	MOVQ SI, R11
	MOVQ BX, CX

block:
	LEAQ    (R11)(R10*1), R12
	VMOVUPS (R11), X0
	VMOVUPS (R12), X1
	VMOVUPS (R11)(R9*1), X2
	VMOVUPS (R12)(R9*1), X3
	VSHUFPS $0x88, X1, X0, X4 // even columns
	VSHUFPS $0xdd, X1, X0, X5
	VSHUFPS $0x88, X3, X2, X6
	VSHUFPS $0xdd, X3, X2, X7
	VMOVAPS X14, X0
	VMOVAPS X15, X1
	RAISE(X4, X10)
	RAISE(X5, X11)
	RAISE(X6, X12)
	RAISE(X7, X13)
	VMOVUPS X0, (DI)
	VMOVUPS X1, (AX)
	ADDQ    $16, DI
	ADDQ    $16, AX
	ADDQ    $32, R11
	SUBQ    $4, CX
	JZ      next
	CMPQ    CX, $4
	JGE     block
	SUBQ    $4, CX // the last four begin among those that are made
	LEAQ    (DI)(CX*4), DI
	LEAQ    (AX)(CX*4), AX
	LEAQ    (R11)(CX*8), R11
	MOVQ    $4, CX
	JMP     block

next:
	ADDQ R8, SI
	DECQ DX
	JNZ  line
	RET

// func unhalveAVX2(img, d, which *float32, wide, step, far, h, w int)
TEXT ·unhalveAVX2(SB), NOSPLIT, $0-64
	MOVQ img+0(FP), SI
	MOVQ d+8(FP), DI
	MOVQ which+16(FP), AX
	MOVQ wide+24(FP), R9
	MOVQ step+32(FP), R8
	MOVQ far+40(FP), R10
	MOVQ h+48(FP), DX
	MOVQ w+56(FP), BX
	SHLQ $2, R8
	SHLQ $2, R9
	SHLQ $2, R10
	NUMBERS

line:
	MOVQ SI, R11
	MOVQ BX, CX

block:
	LEAQ      (R11)(R10*1), R12
	VMOVUPS   (AX), X0
	VMOVUPS   (DI), X1
	VCMPPS    $0, X10, X0, X4
	VCMPPS    $0, X11, X0, X5
	VCMPPS    $0, X12, X0, X6
	VCMPPS    $0, X13, X0, X7
	VANDPS    X1, X4, X4
	VANDPS    X1, X5, X5
	VANDPS    X1, X6, X6
	VANDPS    X1, X7, X7
	VUNPCKLPS X5, X4, X0
	VUNPCKHPS X5, X4, X1
	VUNPCKLPS X7, X6, X2
	VUNPCKHPS X7, X6, X3
	VADDPS    (R11), X0, X0
	VADDPS    (R12), X1, X1
	VADDPS    (R11)(R9*1), X2, X2
	VADDPS    (R12)(R9*1), X3, X3
	VMOVUPS   X0, (R11)
	VMOVUPS   X1, (R12)
	VMOVUPS   X2, (R11)(R9*1)
	VMOVUPS   X3, (R12)(R9*1)
	ADDQ      $16, DI
	ADDQ      $16, AX
	ADDQ      $32, R11
	SUBQ      $4, CX
	CMPQ      CX, $4
	JGE       block
	LEAQ      (DI)(CX*4), DI // what is left of the line
	LEAQ      (AX)(CX*4), AX
	ADDQ      R8, SI
	DECQ      DX
	JNZ       line
	RET
