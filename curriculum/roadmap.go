package curriculum

// A roadmap is the course as chapters, about one a week. All times are in
// minutes.
type roadmap struct {
	Weeks      int       `json:"weeks"` // of the plan that most people want
	MinWeeks   int       `json:"min_weeks"`
	MaxWeeks   int       `json:"max_weeks"`
	Hours      int       `json:"hours"`      // a week, of the same plan
	Assessment int       `json:"assessment"` // of skills, at the start
	Writeup    int       `json:"writeup"`    // after each chapter
	Exam       int       `json:"exam"`       // in one sitting
	Report     int       `json:"report"`     // on the exam, within a day
	Prepare    int       `json:"prepare"`    // for the exam
	Scripting  int       `json:"scripting"`  // guided reading, for those who need it
	Chapters   []chapter `json:"chapters"`
}

// A chapter is exercises that belong together and leave something behind.
type chapter struct {
	Focus     string   `json:"focus"`
	Exercises []string `json:"exercises"`
	Leaves    string   `json:"leaves"`
}
