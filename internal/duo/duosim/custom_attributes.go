package duosim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// customAttribute begins the name of a parameter that sets one custom attribute, as custom_attributes.department.
const customAttribute = "custom_attributes."

// applyCustomAttributes sets custom attributes of a user, each by a parameter of its own or several by a JSON object.
// An attribute that the account does not have is refused, and empty text clears one.
func (c *call) applyCustomAttributes(u *user) *refusal {
	values := map[string]string{}
	for _, name := range []string{"custom_attributes", "custom_attribute_map"} {
		given := map[string]string{}
		if c.given(name) && json.Unmarshal([]byte(c.param(name)), &given) != nil {
			return refuse(40002, name)
		}
		if slices.ContainsFunc(slices.Collect(maps.Keys(given)), c.lacksAttribute) {
			return refuse(40002, name)
		}
		maps.Copy(values, given)
	}
	for name, value := range c.req.params {
		attribute, isOne := strings.CutPrefix(name, customAttribute)
		if isOne && (c.lacksAttribute(attribute) || c.req.structured[name]) {
			return refuse(40002, name)
		}
		if isOne {
			values[attribute] = value
		}
	}
	changed := orEmpty(maps.Clone(u.CustomAttributes))
	maps.Copy(changed, values)
	maps.DeleteFunc(changed, func(_, value string) bool { return value == "" })
	u.CustomAttributes = changed
	return nil
}

func (c *call) lacksAttribute(name string) bool {
	return !slices.Contains(c.account.CustomAttributes, name)
}

func orEmpty(values map[string]string) map[string]string {
	if values == nil {
		return map[string]string{}
	}
	return values
}
