package sarif

// The types of the part of SARIF 2.1.0 that is written. Names are the
// standard's.

type log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool              tool            `json:"tool"`
	Invocations       []invocation    `json:"invocations"`
	AutomationDetails automation      `json:"automationDetails"`
	Taxonomies        []toolComponent `json:"taxonomies,omitempty"`
	Results           []result        `json:"results"`
	Properties        map[string]any  `json:"properties"`
}

type automation struct {
	ID string `json:"id"`
}

type tool struct {
	Driver toolComponent `json:"driver"`
}

type toolComponent struct {
	Name                string   `json:"name"`
	Version             string   `json:"version,omitempty"`
	Rules               []rule   `json:"rules,omitempty"`
	Taxa                []taxon  `json:"taxa,omitempty"`
	SupportedTaxonomies []compID `json:"supportedTaxonomies,omitempty"`
}

type compID struct {
	Name  string `json:"name"`
	Index int    `json:"index"`
}

type taxon struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	HelpURI string `json:"helpUri,omitempty"`
}

type rule struct {
	ID               string         `json:"id"`
	ShortDescription text           `json:"shortDescription"`
	Help             *text          `json:"help,omitempty"`
	Configuration    configuration  `json:"defaultConfiguration"`
	Relationships    []relationship `json:"relationships,omitempty"`
	Properties       map[string]any `json:"properties"`
}

type configuration struct {
	Level string `json:"level"`
}

type relationship struct {
	Target taxonRef `json:"target"`
	Kinds  []string `json:"kinds"`
}

type taxonRef struct {
	ID            string `json:"id"`
	Index         int    `json:"index"`
	ToolComponent compID `json:"toolComponent"`
}

type text struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type invocation struct {
	CommandLine         string         `json:"commandLine,omitempty"`
	ExecutionSuccessful bool           `json:"executionSuccessful"`
	Notifications       []notification `json:"toolExecutionNotifications,omitempty"`
}

type notification struct {
	Level   string `json:"level"`
	Message text   `json:"message"`
}

type result struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      text              `json:"message"`
	Locations    []location        `json:"locations"`
	Related      []location        `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Suppressions []suppression     `json:"suppressions,omitempty"`
	Properties   map[string]any    `json:"properties,omitempty"`
}

type suppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type location struct {
	ID       int       `json:"id,omitempty"`
	Physical physical  `json:"physicalLocation"`
	Logical  []logical `json:"logicalLocations,omitempty"`
	Message  *text     `json:"message,omitempty"`
}

type physical struct {
	Artifact artifact `json:"artifactLocation"`
	Region   region   `json:"region"`
}

type artifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type region struct {
	StartLine int `json:"startLine"`
}

type logical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}
