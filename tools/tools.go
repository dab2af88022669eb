// Package tools pins the developer tools in a module of its own, so that users
// of quintain never inherit them.
package tools
