package threat

import (
	"fmt"
)

// icon returns the path of a small drawing for a kind, 16 pixels wide and
// high, to be stroked.
func icon(k Kind) string {
	switch k {
	case KindHuman:
		return "M8 1.5a3 3 0 1 1 0 6a3 3 0 1 1 0 -6M2 14.5c0.5 -3.5 3 -4.8 6 -4.8s5.5 1.3 6 4.8"
	case KindExternal:
		return "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0 -13M1.5 8h13M8 1.5c-4 4 -4 9 0 13M8 1.5c4 4 4 9 0 13"
	case KindAgent:
		return "M3 5.5h10v8h-10zM8 5.5v-3M6.5 2.5h3M6 9v1M10 9v1M1.2 8.5v3M14.8 8.5v3"
	case KindModel, KindEmbedder, KindAdapter, KindJudge:
		return "M3 3.5v0M3 8v0M3 12.5v0M3 3.5L8 6L13 8M3 8L8 10.5L13 8M3 12.5L8 10.5M3 8L8 6M8 6v4.5M1.8 3.5h2.4M1.8 8h2.4M1.8 12.5h2.4M13 6.5v3"
	case KindStore, KindVectorStore, KindDataset, KindEvalSet, KindMemory, KindRegistry, KindTelemetry:
		return "M2.5 3.8c0 -2.6 11 -2.6 11 0v8.4c0 2.6 -11 2.6 -11 0zM2.5 3.8c0 2.6 11 2.6 11 0M2.5 8c0 2.6 11 2.6 11 0"
	case KindTool, KindMCPServer, KindSkill:
		return "M10.2 5.8L2.2 13.8M10.2 5.8c-1.2 -3 1 -5 3.4 -4.2l-1.9 2l0.7 0.7l2 -1.9c0.8 2.4 -1.2 4.6 -4.2 3.4M2.2 13.8l-0.6 -0.6"
	case KindGuard, KindApproval, KindBudget:
		return "M8 1.5l5.5 2v4c0 3.5 -2.3 5.8 -5.5 7c-3.2 -1.2 -5.5 -3.5 -5.5 -7v-4zM5.5 7.8l2 2l3.2 -3.6"
	case KindSecret:
		return "M5 5.5a3 3 0 1 1 0 6a3 3 0 1 1 0 -6M8 8.5h6.5v3M11.8 8.5v2.2"
	case KindArtifact, KindPrompt, KindSysPrompt, KindContext:
		return "M3 1.5h6.5l3.5 3.5v9.5h-10zM9.5 1.5v3.5h3.5M5.5 8h5M5.5 11h5"
	case KindRetriever:
		return "M7 2a4.8 4.8 0 1 1 0 9.6a4.8 4.8 0 1 1 0 -9.6M10.5 10.3l4 4"
	default: // software, hardware, a run
		return "M2 3h12v10h-12zM2 6h12M4 4.5h1"
	}
}

// legendHeight is the room that the legend takes.
func (w *svgWriter) legendHeight() float64 {
	if w.untrusted() {
		return 30
	}
	return 0
}

func (w *svgWriter) untrusted() bool {
	for _, e := range w.elements {
		if e.Untrusted() {
			return true
		}
	}
	return false
}

// legend explains the tint, where there is any.
func (w *svgWriter) legend() {
	if w.legendHeight() == 0 {
		return
	}
	y := w.height + 6
	fmt.Fprintf(w, `<g class="qd-legend"><rect class="qd-zone" x="%s" y="%s" width="22" height="13" rx="3"/><text x="%s" y="%s"><tspan font-size="11" fill-opacity="0.75">%s</tspan></text></g>`+"\n",
		num(margin), num(y), num(margin+29), num(y+10.5), escape(fit("strangers decide what it contains and says", 11, w.width-margin*2-29)))
}
