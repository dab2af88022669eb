package web

import (
	"fmt"
	"math"

	"quintain/curriculum"
)

// A skillMap is the skills drawn in three columns, analyst, bridge, AI, with
// what carries over from each to which. Lengths are in units of the drawing.
type skillMap struct {
	W, H    float64
	Columns []mapColumn
	Nodes   []mapNode
	Edges   []mapEdge
}

type mapColumn struct {
	Name string
	X    float64
}

// A mapNode is one skill.
type mapNode struct {
	curriculum.Skill

	X, Y, W     float64
	Level, Need int
	Rated       int
	Stale       bool
	Pips        []mapPip
	Text        string
}

type mapPip struct {
	X          float64
	On, Wanted bool
}

// A mapEdge is how much of one skill carries over to another.
type mapEdge struct {
	D      string
	Width  float64
	Lit    bool // the skill it comes from is proved or rated
	Wanted bool // the role needs the skill it goes to
	Text   string
}

// The measures of the map.
const (
	mapWidth  = 1120.0
	mapNodeW  = 272.0
	mapRowH   = 38.0
	mapTop    = 34.0
	mapNodeH  = 30.0
	mapColGap = (mapWidth - 3*mapNodeW) / 2
)

func mapOf(c *curriculum.Curriculum, standing []curriculum.Standing, p *curriculum.Profile) skillMap {
	m := skillMap{W: mapWidth}
	rows := map[curriculum.Family]int{}
	for i := range c.Skills {
		rows[c.Skills[i].Family]++
	}
	most := 0
	for i, f := range families {
		m.Columns = append(m.Columns, mapColumn{f.Title, float64(i) * (mapNodeW + mapColGap)})
		most = max(most, rows[f.Family])
	}
	m.H = mapTop + float64(most)*mapRowH
	at := make(map[string]*mapNode)
	seen := map[curriculum.Family]int{}
	m.Nodes = make([]mapNode, len(c.Skills))
	for i := range c.Skills {
		s := c.Skills[i]
		// Shorter columns are spread over the same height.
		pitch := (m.H - mapTop) / float64(rows[s.Family])
		n := &m.Nodes[i]
		*n = mapNode{
			Skill: s, W: mapNodeW, Level: int(standing[i].Level), Need: int(p.Need[s.ID]), Rated: int(standing[i].Rated), Stale: standing[i].Stale,
			Y: round(mapTop + (float64(seen[s.Family])+.5)*pitch - mapNodeH/2),
		}
		for j := range families {
			if families[j].Family == s.Family {
				n.X = m.Columns[j].X
			}
		}
		for l := 1; l <= int(curriculum.Proves); l++ {
			n.Pips = append(n.Pips, mapPip{X: n.W - 58 + float64(l)*11, On: l <= n.Level, Wanted: l <= n.Need})
		}
		n.Text = fmt.Sprintf("%s: %s", s.Name, curriculum.Level(n.Level))
		if n.Need > 0 {
			n.Text += fmt.Sprintf(", the role needs %s", curriculum.Level(n.Need))
		}
		seen[s.Family]++
		at[s.ID] = n
	}
	for _, e := range c.Transfer {
		if from, to := at[e.From], at[e.To]; from != nil && to != nil {
			m.Edges = append(m.Edges, edgeOf(e, from, to))
		}
	}
	return m
}

// edgeOf draws a curve from the right of a node to the left of another; within
// a column it bends around on the right.
func edgeOf(e curriculum.Edge, from, to *mapNode) mapEdge {
	x1, y1, x2, y2 := from.X+from.W, from.Y+mapNodeH/2, to.X, to.Y+mapNodeH/2
	bend := (x2 - x1) / 2
	d := fmt.Sprintf("M%g %gC%g %g %g %g %g %g", x1, y1, round(x1+bend), y1, round(x2-bend), y2, x2, y2)
	if from.X == to.X {
		d = fmt.Sprintf("M%g %gC%g %g %g %g %g %g", x1, y1, x1+36, y1, x1+36, y2, x1, y2)
	}
	return mapEdge{
		D: d, Width: round(.6 + 2.6*e.Weight), Lit: from.Level > 0 || from.Rated > 1, Wanted: to.Need > 0,
		Text: fmt.Sprintf("%s carries over to %s: %s", from.Name, to.Name, e.Why),
	}
}

func round(x float64) float64 { return math.Round(x*10) / 10 }
