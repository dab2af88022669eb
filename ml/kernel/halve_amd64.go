//go:build amd64 && !purego

package kernel

// The vector loops make four elements of a line at a time. Lines of two are done
// in pairs: then the second two come from another line of the image.

func quickHalve[T Float](top, which, img []T, wide, h, w int) (done bool) {
	step, far := 2*wide, 4
	if w == 2 && h%2 == 0 {
		step, far, h, w = 4*wide, 2*wide, h/2, 4
	}
	t, n := vector(top, 1)
	if n == 0 || w < 4 {
		return false
	}
	_ = img[(h-1)*step+max(far+4, 2*w)+wide-1]
	halveAVX2(&t[0], &any(which).([]float32)[0], &any(img).([]float32)[0], wide, step, far, h, w)
	return true
}

func quickUnhalve[T Float](img, d, which []T, wide, h, w int) (columns int) {
	step, far, all := 2*wide, 4, w
	if w == 2 && h%2 == 0 {
		step, far, h, w = 4*wide, 2*wide, h/2, 4
	}
	to, n := vector(img, 1)
	if n == 0 || h == 0 || w < 4 {
		return 0
	}
	_, _, _ = img[(h-1)*step+max(far+4, 2*w)+wide-1], d[(h-1)*w+w-1], which[(h-1)*w+w-1]
	unhalveAVX2(&to[0], &any(d).([]float32)[0], &any(which).([]float32)[0], wide, step, far, h, w)
	return min(all, w/4*4)
}

// halveAVX2 makes h lines of w elements, 4 at least. Wide is from a line of img
// to that below, step from what makes a line to what makes the next one, and far
// from what makes two elements to what makes the next two.
//
//go:noescape
func halveAVX2(top, which, img *float32, wide, step, far, h, w int)

// unhalveAVX2 leaves the last elements of lines out, if w is no multiple of 4.
//
//go:noescape
func unhalveAVX2(img, d, which *float32, wide, step, far, h, w int)
