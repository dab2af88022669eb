package threat

// SVGOptions say how to draw a model.
type SVGOptions struct {
	Title string // for readers that cannot see the drawing; the model's name if empty

	// Class returns a class to put on the group of an element, such as
	// "el-failed", or "". It may be nil.
	Class func(id string) string
}

// SVG draws the model.
func (m *Model) SVG(o SVGOptions) []byte { return nil }

// Mermaid returns the model as a Mermaid flowchart.
func (m *Model) Mermaid() string { return "" }

// Schema returns the JSON Schema of the file.
func Schema() []byte { return nil }
