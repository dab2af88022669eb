package threat

import (
	"reflect"
	"slices"

	"quintain"
)

// A Kind is what an element is.
type Kind string

// The kinds of elements.
const (
	KindAgent       Kind = "agent"
	KindModel       Kind = "model"
	KindAdapter     Kind = "adapter"
	KindArtifact    Kind = "artifact"
	KindEmbedder    Kind = "embedding-model"
	KindGuard       Kind = "guard"
	KindJudge       Kind = "judge"
	KindApproval    Kind = "approval"
	KindHuman       Kind = "human"
	KindExternal    Kind = "external"
	KindService     Kind = "service"
	KindStore       Kind = "store"
	KindTool        Kind = "tool"
	KindMCPServer   Kind = "mcp-server"
	KindSkill       Kind = "skill"
	KindPrompt      Kind = "prompt"
	KindSysPrompt   Kind = "system-prompt"
	KindContext     Kind = "context"
	KindMemory      Kind = "memory"
	KindRetriever   Kind = "retriever"
	KindVectorStore Kind = "vector-store"
	KindDataset     Kind = "dataset"
	KindEvalSet     Kind = "evalset"
	KindTraining    Kind = "training-job"
	KindRegistry    Kind = "registry"
	KindAccelerator Kind = "accelerator"
	KindSecret      Kind = "secret"
	KindBudget      Kind = "budget"
	KindTelemetry   Kind = "telemetry"
)

// A Trust says who decides what an element contains and says.
type Trust string

// The levels of trust.
const (
	Trusted   Trust = "trusted"
	Internal  Trust = "internal"
	Untrusted Trust = "untrusted"
)

// A Task is what a model is for.
type Task string

// The tasks.
const (
	TaskClassify Task = "classify"
	TaskRegress  Task = "regress"
	TaskGenerate Task = "generate"
	TaskEmbed    Task = "embed"
	TaskRank     Task = "rank"
)

// Data is a class of data.
type Data string

// The classes of data.
const (
	DataPublic       Data = "public"
	DataInternal     Data = "internal"
	DataConfidential Data = "confidential"
	DataPersonal     Data = "personal"
	DataHealth       Data = "health"
	DataFinancial    Data = "financial"
	DataSecret       Data = "secret"
)

// An Ability is something an element can do that an attacker might want done.
type Ability string

// The abilities.
const (
	ReadsPrivate   Ability = "reads-private"
	ReadsUntrusted Ability = "reads-untrusted"
	SendsOut       Ability = "sends-out"
	Writes         Ability = "writes"
	Deletes        Ability = "deletes"
	Executes       Ability = "executes"
	Pays           Ability = "pays"
	Renders        Ability = "renders"
)

// An Origin says who made an element.
type Origin string

// The origins.
const (
	InHouse Origin = "in-house"
	Vendor  Origin = "vendor"
	Public  Origin = "public"
)

// A word is one legal value of an enumerated type, and what it means.
type word struct{ value, doc string }

// words returns the legal values of t, or nil if any string will do. The
// decoder and the schema both ask here.
func words(t reflect.Type) []word { return vocabulary[t] }

var vocabulary = map[reflect.Type][]word{
	reflect.TypeFor[Kind](): {
		{"agent", "an application that follows instructions in natural language and calls tools"},
		{"model", "a learned model; its task says what it is for"},
		{"adapter", "weights that change another model, such as a LoRA"},
		{"artifact", "a model file or checkpoint"},
		{"embedding-model", "a model that turns text or images into vectors"},
		{"guard", "a filter on what goes into a model or comes out; its task is generate if it is itself a language model"},
		{"judge", "a model that grades what another one said"},
		{"approval", "a step in which a person decides"},
		{"human", "people: users, staff, reviewers"},
		{"external", "anything outside: the web, a mailbox strangers write to, another company's service"},
		{"service", "ordinary software: a web front end, a queue, a scheduler"},
		{"store", "a database, a file share, a bucket"},
		{"tool", "something that an agent may call"},
		{"mcp-server", "a server that offers tools over the Model Context Protocol"},
		{"skill", "packaged instructions and code that an agent loads"},
		{"prompt", "a prompt template"},
		{"system-prompt", "the standing instructions of an application"},
		{"context", "the context window, where it is worth drawing"},
		{"memory", "what an agent remembers from one conversation to the next"},
		{"retriever", "what finds passages for a model to read"},
		{"vector-store", "an index of embedded passages"},
		{"dataset", "data that a model is trained or tuned on"},
		{"evalset", "data that decides whether a model is good enough"},
		{"training-job", "a run that trains or tunes a model"},
		{"registry", "a place that models and adapters are fetched from"},
		{"accelerator", "the hardware a model runs on, where it is not the system's own"},
		{"secret", "a credential, key or token"},
		{"budget", "a limit on calls, tokens, steps or money"},
		{"telemetry", "where traces and logs go"},
	},
	reflect.TypeFor[Trust](): {
		{"trusted", "controlled and verified; nobody else decides what it says"},
		{"internal", "the system's own, or under contract, and not verified"},
		{"untrusted", "strangers can decide what it contains or says"},
	},
	reflect.TypeFor[Task](): {
		{"classify", "sorts its input into classes"},
		{"regress", "estimates a number"},
		{"generate", "writes text, images or code, and takes instructions"},
		{"embed", "turns its input into a vector"},
		{"rank", "orders candidates"},
	},
	reflect.TypeFor[Data](): {
		{"public", "known to everybody"},
		{"internal", "not published, no harm if it were"},
		{"confidential", "harms the business if it is published"},
		{"personal", "about identifiable people"},
		{"health", "about the health of identifiable people"},
		{"financial", "accounts, payments, figures not yet published"},
		{"secret", "credentials and keys"},
	},
	reflect.TypeFor[Ability](): {
		{"reads-private", "gets at data that is not for everybody"},
		{"reads-untrusted", "brings in content that strangers wrote: mail, web pages, documents"},
		{"sends-out", "delivers to an address of the caller's choice: mail, web requests, posts"},
		{"writes", "changes records"},
		{"deletes", "removes records"},
		{"executes", "runs code or commands"},
		{"pays", "moves money"},
		{"renders", "shows what it gets as a page or document, with links and images"},
	},
	reflect.TypeFor[Origin](): {
		{"in-house", "made by the people who run the system"},
		{"vendor", "made by a supplier under contract"},
		{"public", "made by somebody unknown, taken from a public place"},
	},
	reflect.TypeFor[quintain.Kind](): {
		{"artifact", "a model file, an archive of them, or a folder"},
		{"classifier", "a learned model with data to test it on"},
		{"dataset", "rows of training or test data"},
		{"chat", "an endpoint that answers messages"},
		{"agent", "an application that answers messages and calls tools"},
		{"prompt", "a system prompt in a file"},
	},
}

// A testKey describes one key of [Test.With].
type testKey struct {
	path bool            // the value is a path
	of   []quintain.Kind // the kinds of test that know the key
}

var (
	ofClassifier = []quintain.Kind{quintain.KindClassifier}
	ofChat       = []quintain.Kind{quintain.KindChat, quintain.KindAgent}
)

var testKeys = map[string]testKey{
	// What classifiers are attacked with, and what they have to withstand.
	"data":        {true, ofClassifier},
	"train":       {true, ofClassifier},
	"constraints": {true, ofClassifier},
	"rows":        {true, ofClassifier},
	"eps":         {false, ofClassifier},
	"norm":        {false, ofClassifier},
	"robust":      {false, ofClassifier},
	"smooth":      {false, ofClassifier},
	"range":       {false, ofClassifier},
	"from":        {false, ofClassifier},
	"to":          {false, ofClassifier},
	"auc":         {false, ofClassifier},
	"tpr":         {false, ofClassifier},
	"fpr":         {false, ofClassifier},
	"epsilon":     {false, ofClassifier},
	"delta":       {false, ofClassifier},
	"noise":       {false, ofClassifier},
	"sampling":    {false, ofClassifier},
	"sgd-steps":   {false, ofClassifier},
	"sensitive":   {false, ofClassifier},
	"advantage":   {false, ofClassifier},
	"l2":          {false, ofClassifier},
	"poison":      {false, ofClassifier},
	"triggered":   {false, ofClassifier},
	"class":       {false, ofClassifier},
	"epochs":      {false, ofClassifier},
	"batch":       {false, ofClassifier},
	"rate":        {false, ofClassifier},
	"answers":     {false, ofClassifier},
	"queries":     {false, ofClassifier},
	"fidelity":    {false, ofClassifier},

	// On which terms a classifier may be asked that answers over HTTP.
	"price":         {false, ofClassifier},
	"per-second":    {false, ofClassifier},
	"max-cost":      {false, ofClassifier},
	"unconstrained": {false, ofClassifier},

	// What applications are started with.
	"prompt":  {true, ofChat},
	"profile": {false, ofChat},
	"model":   {false, ofChat},
}

// Untrusted reports whether strangers can decide what comes out of e.
func (e *Element) Untrusted() bool { return e.Trust == Untrusted || e.Has(ReadsUntrusted) }

// Has reports whether e is able to do a.
func (e *Element) Has(a Ability) bool { return slices.Contains(e.Can, a) }

// Holds reports whether e holds data of class d.
func (e *Element) Holds(d Data) bool { return slices.Contains(e.Data, d) }

// Private reports whether e holds data, or can get at data, that is not for
// everybody.
func (e *Element) Private() bool {
	return e.Has(ReadsPrivate) || slices.ContainsFunc(e.Data, Data.Private)
}

// Private reports whether the class is one that is not for everybody.
func (d Data) Private() bool {
	switch d {
	case DataConfidential, DataPersonal, DataHealth, DataFinancial, DataSecret:
		return true
	default:
		return false
	}
}

// Reads reports whether e takes instructions in natural language, so that what
// it reads can tell it what to do.
func (e *Element) Reads() bool { return e.Kind == KindAgent || e.Task == TaskGenerate }

// Foreign reports whether somebody other than the makers of the system made e.
func (e *Element) Foreign() bool {
	return e.Provenance.Origin == Vendor || e.Provenance.Origin == Public
}

// Fixed reports whether anybody would notice that e was replaced: a signature
// or a digest is checked before use.
func (e *Element) Fixed() bool { return e.Provenance.Signed || e.Provenance.Digest != "" }

// Is reports whether the kind of e is one of kinds.
func (e *Element) Is(kinds ...Kind) bool { return slices.Contains(kinds, e.Kind) }
