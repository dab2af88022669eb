//go:build amd64 && !purego

#include "textflag.h"

// A tile is 6 or 4 rows of two registers, from Y4 on. Y0 and Y1 hold a row of b,
// and R11 walks over where rows or elements are.

#define CLEAR4 \
	VXORPS Y4, Y4, Y4; \
	VXORPS Y5, Y5, Y5; \
	VXORPS Y6, Y6, Y6; \
	VXORPS Y7, Y7, Y7; \
	VXORPS Y8, Y8, Y8; \
	VXORPS Y9, Y9, Y9; \
	VXORPS Y10, Y10, Y10; \
	VXORPS Y11, Y11, Y11

#define CLEAR6 \
	CLEAR4; \
	VXORPS Y12, Y12, Y12; \
	VXORPS Y13, Y13, Y13; \
	VXORPS Y14, Y14, Y14; \
	VXORPS Y15, Y15, Y15

// Two elements of a times a row of b.
#define TWO(a0, a1, c0, c1, c2, c3) \
	VBROADCASTSS a0, Y2; \
	VBROADCASTSS a1, Y3; \
	VFMADD231PS Y0, Y2, c0; \
	VFMADD231PS Y1, Y2, c1; \
	VFMADD231PS Y0, Y3, c2; \
	VFMADD231PS Y1, Y3, c3

// One step of the sum with a packed a, and the groups of columns of b at DI,
// AX, R13 and R15.
#define STEP4(ao, ro) \
	MOVQ ro(R11), R12; \
	VMOVUPS (DI)(R12*4), X0; \
	VMOVUPS (R13)(R12*4), X1; \
	VINSERTF128 $1, (AX)(R12*4), Y0, Y0; \
	VINSERTF128 $1, (R15)(R12*4), Y1, Y1; \
	TWO((ao+0)(SI), (ao+4)(SI), Y4, Y5, Y6, Y7); \
	TWO((ao+8)(SI), (ao+12)(SI), Y8, Y9, Y10, Y11)

#define STEP6(ao, ro) \
	STEP4(ao, ro); \
	TWO((ao+16)(SI), (ao+20)(SI), Y12, Y13, Y14, Y15)

// One step of the sum with a packed b, and the rows of a at SI, AX, R9, R10,
// R13 and R15.
#define STEPLEFT4(bo, ro) \
	MOVQ ro(R11), R12; \
	VMOVUPS (bo+0)(DI), Y0; \
	VMOVUPS (bo+32)(DI), Y1; \
	TWO((SI)(R12*4), (AX)(R12*4), Y4, Y5, Y6, Y7); \
	TWO((R9)(R12*4), (R10)(R12*4), Y8, Y9, Y10, Y11)

#define STEPLEFT6(bo, ro) \
	STEPLEFT4(bo, ro); \
	TWO((R13)(R12*4), (R15)(R12*4), Y12, Y13, Y14, Y15)

// All CX steps with a packed a, of which next bytes are used in each, or a
// packed b.
#define STEPS(STEP, next) \
	MOVQ CX, BX; \
	SHRQ $2, BX; \
	JZ   tail; \
four: \
	STEP(0*next, 0); \
	STEP(1*next, 8); \
	STEP(2*next, 16); \
	STEP(3*next, 24); \
	ADDQ $(4*next), SI; \
	ADDQ $32, R11; \
	DECQ BX; \
	JNZ  four; \
tail: \
	ANDQ $3, CX; \
	JZ   done; \
one: \
	STEP(0, 0); \
	ADDQ $next, SI; \
	ADDQ $8, R11; \
	DECQ CX; \
	JNZ  one; \
done:

#define STEPSLEFT(STEP) \
	MOVQ CX, BX; \
	SHRQ $2, BX; \
	JZ   tail; \
four: \
	STEP(0, 0); \
	STEP(64, 8); \
	STEP(128, 16); \
	STEP(192, 24); \
	ADDQ $256, DI; \
	ADDQ $32, R11; \
	DECQ BX; \
	JNZ  four; \
tail: \
	ANDQ $3, CX; \
	JZ   done; \
one: \
	STEP(0, 0); \
	ADDQ $64, DI; \
	ADDQ $8, R11; \
	DECQ CX; \
	JNZ  one; \
done:

// to is base plus the offset at from, counted in elements.
#define POINT(base, from, to) \
	MOVQ from, to; \
	LEAQ (base)(to*4), to

#define SUM(c0, c1) \
	VADDPS (R10), c0, c0; \
	VADDPS 32(R10), c1, c1; \
	ADDQ   R8, R10

#define SUM4 \
	MOVQ DX, R10; \
	SUM(Y4, Y5); \
	SUM(Y6, Y7); \
	SUM(Y8, Y9); \
	SUM(Y10, Y11)

#define PUT(c0, c1) \
	VMOVUPS c0, (DX); \
	VMOVUPS c1, 32(DX); \
	ADDQ    R8, DX

#define PUT4 \
	PUT(Y4, Y5); \
	PUT(Y6, Y7); \
	PUT(Y8, Y9); \
	PUT(Y10, Y11)

// A tile goes to DX, whose rows are R8 elements apart; it is added if R9 is not 0.
#define FINISH4 \
	SHLQ  $2, R8; \
	TESTQ R9, R9; \
	JZ    store; \
	SUM4; \
store: \
	PUT4; \
	VZEROUPPER; \
	RET

#define FINISH6 \
	SHLQ  $2, R8; \
	TESTQ R9, R9; \
	JZ    store; \
	SUM4; \
	SUM(Y12, Y13); \
	SUM(Y14, Y15); \
store: \
	PUT4; \
	PUT(Y12, Y13); \
	PUT(Y14, Y15); \
	VZEROUPPER; \
	RET

// func tile6AVX2(k int, a, b *float32, rows, cols *int, c *float32, ldc, add int)
TEXT ·tile6AVX2(SB), NOSPLIT, $0-64
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ rows+24(FP), R11
	MOVQ cols+32(FP), R10
	POINT(BX, 0(R10), DI)
	POINT(BX, 8(R10), AX)
	POINT(BX, 16(R10), R13)
	POINT(BX, 24(R10), R15)
	CLEAR6
	STEPS(STEP6, 24)
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R8
	MOVQ add+56(FP), R9
	FINISH6

// func tile4AVX2(k int, a, b *float32, rows, cols *int, c *float32, ldc, add int)
TEXT ·tile4AVX2(SB), NOSPLIT, $0-64
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ rows+24(FP), R11
	MOVQ cols+32(FP), R10
	POINT(BX, 0(R10), DI)
	POINT(BX, 8(R10), AX)
	POINT(BX, 16(R10), R13)
	POINT(BX, 24(R10), R15)
	CLEAR4
	STEPS(STEP4, 16)
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R8
	MOVQ add+56(FP), R9
	FINISH4

// func tileLeft6AVX2(k int, a *float32, rows, cols *int, b, c *float32, ldc, add int)
TEXT ·tileLeft6AVX2(SB), NOSPLIT, $0-64
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), BX
	MOVQ rows+16(FP), R11
	POINT(BX, 0(R11), SI)
	POINT(BX, 8(R11), AX)
	POINT(BX, 16(R11), R9)
	POINT(BX, 24(R11), R10)
	POINT(BX, 32(R11), R13)
	POINT(BX, 40(R11), R15)
	MOVQ cols+24(FP), R11
	MOVQ b+32(FP), DI
	CLEAR6
	STEPSLEFT(STEPLEFT6)
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R8
	MOVQ add+56(FP), R9
	FINISH6

// func tileLeft4AVX2(k int, a *float32, rows, cols *int, b, c *float32, ldc, add int)
TEXT ·tileLeft4AVX2(SB), NOSPLIT, $0-64
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), BX
	MOVQ rows+16(FP), R11
	POINT(BX, 0(R11), SI)
	POINT(BX, 8(R11), AX)
	POINT(BX, 16(R11), R9)
	POINT(BX, 24(R11), R10)
	MOVQ cols+24(FP), R11
	MOVQ b+32(FP), DI
	CLEAR4
	STEPSLEFT(STEPLEFT4)
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R8
	MOVQ add+56(FP), R9
	FINISH4

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
