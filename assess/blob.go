package assess

import (
	"bytes"
	"context"

	"quintain"
	"quintain/record"
	"quintain/report"
)

// copyBlob copies one attachment, if there is one, from one recorder to
// another.
func copyBlob(ctx context.Context, from, to *record.Memory, d quintain.Digest) error {
	b, ok := from.Blob(d)
	if !ok {
		return nil
	}
	_, err := to.Attach(ctx, b.MediaType, bytes.NewReader(b.Data))
	return err
}

// blobs returns the attachments that findings refer to.
func blobs(rec *record.Memory, findings []quintain.Finding, prior *report.Document) map[quintain.Digest]report.Blob {
	out := make(map[quintain.Digest]report.Blob)
	for _, f := range findings {
		for _, e := range f.Evidence {
			if b, ok := rec.Blob(e.Blob); ok {
				out[e.Blob] = report.NewBlob(b.MediaType, b.Data)
			} else if prior != nil {
				if b, ok := prior.Blobs[e.Blob]; ok {
					out[e.Blob] = b
				}
			}
		}
	}
	return out
}
