package flows

import (
	"context"
	"strconv"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

// directoryBoxes is how many directories the form takes.
const directoryBoxes = 3

var directoriesScreen = screen{slug: plan.DirectoriesScreen, policy: site.AdminOrganization, optional: true,
	draw: func(_ *pages, _ context.Context, _ site.Visitor, d draft, page *flows.FormPage) error {
		stored, _ := plan.Read[[]plan.DirectoryChoice](d.Plan, plan.DirectoriesScreen)
		page.Intro = []string{"A directory key synchronizes single users. It is the value of " +
			"duo_admin_api_directory_key: in the Duo Admin Panel, Users, External Directories, the directory’s own page."}
		for i := range directoryBoxes {
			var one plan.DirectoryChoice
			if i < len(stored) {
				one = stored[i]
			}
			name, key := d.box(boxName("directory_name", i), one.Name), d.box(boxName("directory_key", i), one.Key)
			page.Groups = append(page.Groups, flows.FieldGroup{Title: "Directory " + strconv.Itoa(i+1),
				Fields: []views.FieldView{
					{Name: boxName("directory_name", i), Label: "Name", Value: name.Value, Error: name.Error,
						MaxLength: 60},
					{Name: boxName("directory_key", i), Label: "Directory key", Value: runsetup.ShownAgain(key.Value),
						Error: key.Error, Mono: true, Quiet: true}}})
		}
		return nil
	},
	take: func(_ *pages, _ context.Context, _ site.Visitor, d draft) (any, []catalog.FieldError, error) {
		choices, bad := []plan.DirectoryChoice{}, []catalog.FieldError(nil)
		for i := range directoryBoxes {
			one, faults := runsetup.ReadDirectory(d.form.Get(boxName("directory_name", i)),
				d.form.Get(boxName("directory_key", i)), i)
			for _, f := range faults {
				bad = append(bad, catalog.FieldError{Field: boxName(f.Field, i), Message: f.Message})
			}
			for _, other := range choices {
				if one.Key != "" && one.Key == other.Key {
					bad = append(bad, catalog.FieldError{Field: boxName("directory_key", i),
						Message: "This key is listed twice."})
				}
				if one.Key != "" && strings.EqualFold(one.Name, other.Name) {
					bad = append(bad, catalog.FieldError{Field: boxName("directory_name", i),
						Message: "This name is listed twice."})
				}
			}
			if one.Key != "" {
				choices = append(choices, one)
			}
		}
		return choices, bad, nil
	},
}

func boxName(name string, i int) string { return name + "." + strconv.Itoa(i+1) }

var authScreen = screen{slug: plan.AuthScreen, policy: site.AdminOrganization, optional: true,
	draw: func(_ *pages, _ context.Context, _ site.Visitor, d draft, page *flows.FormPage) error {
		stored, given := plan.Read[plan.AuthChoice](d.Plan, plan.AuthScreen)
		value := strconv.FormatBool(stored.Provision || !given)
		page.Intro = []string{"An Auth API application lets you verify callers with a Duo Push. It is made in the " +
			"client's Duo account, or found if it was made before, and its keys are kept here."}
		page.Groups = []flows.FieldGroup{{Fields: []views.FieldView{{Name: "provision", Kind: "checkbox",
			Label: "Provision and check the Auth API application", Value: value}}}}
		return nil
	},
	take: func(_ *pages, _ context.Context, _ site.Visitor, d draft) (any, []catalog.FieldError, error) {
		return plan.AuthChoice{Provision: d.form.Get("provision") == "true"}, nil, nil
	},
}
