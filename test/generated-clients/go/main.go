// Makes the calls of test/generated-clients with the client that oapi-codegen generates.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"steplease.example/client/api"
)

const absent int64 = 99999

func main() {
	ctx := context.Background()
	client, err := api.NewClientWithResponses(os.Args[1])
	check(err)

	printWait(ctx, client, &api.WaitParams{Until: new(int64)})
	printWait(ctx, client, &api.WaitParams{Until: pointer(absent), Timeout: pointer("0")})

	var latest api.StepOrLatest
	check(latest.FromStepOrLatest1("latest"))
	granted, err := client.GrantLeaseWithResponse(ctx, nil, api.GrantLeaseJSONRequestBody{Step: &latest, Ttl: pointer(60.0)})
	check(err)
	lease := granted.JSON201
	fmt.Println("lease", lease.State, lease.Step, lease.Ttl)

	refused, err := client.GrantLeaseWithResponse(ctx, nil, api.GrantLeaseJSONRequestBody{Until: pointer(absent), Timeout: pointer(0.0)})
	check(err)
	answer, err := refused.JSON200.ValueByDiscriminator()
	check(err)
	fmt.Println("no lease", answer.(api.Wait).Reason)

	renewed, err := client.RenewLeaseWithResponse(ctx, lease.Id, api.RenewLeaseJSONRequestBody{Ttl: pointer(90.0)})
	check(err)
	fmt.Println("renewed", renewed.JSON200.Ttl)

	released, err := client.ReleaseLeaseWithResponse(ctx, lease.Id)
	check(err)
	fmt.Println("released", released.StatusCode())

	late, err := client.RenewLeaseWithResponse(ctx, lease.Id, api.RenewLeaseJSONRequestBody{})
	check(err)
	fmt.Println("refused", late.ApplicationproblemJSON410.Code)

	types := []api.ReadEventsParamsTypes{"step.finalized", "lease.released"}
	page, err := client.ReadEventsWithResponse(ctx, &api.ReadEventsParams{Types: &types})
	check(err)
	var seen []string
	for _, event := range page.JSON200.Items {
		seen = append(seen, event.Type)
	}
	fmt.Println("events", strings.Join(seen, ","))
}

func printWait(ctx context.Context, client *api.ClientWithResponses, params *api.WaitParams) {
	answer, err := client.WaitWithResponse(ctx, params)
	check(err)
	wait := answer.JSON200
	name := "none"
	if wait.Item != nil {
		name = wait.Item.Name
	}
	fmt.Println("wait", wait.Reason, wait.Step, name)
}

func pointer[T any](value T) *T { return &value }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
