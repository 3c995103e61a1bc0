import java.util.List;
import java.util.stream.Collectors;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.JSON;
import org.openapitools.client.api.EventsApi;
import org.openapitools.client.api.LeasesApi;
import org.openapitools.client.api.WaitingApi;
import org.openapitools.client.model.Event;
import org.openapitools.client.model.Lease;
import org.openapitools.client.model.LeaseRequest;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.RenewRequest;
import org.openapitools.client.model.StepOrLatest;
import org.openapitools.client.model.Wait;

/** Makes the calls of test/generated-clients with the client that openapi-generator generates. */
public final class Main {
    private static final long ABSENT = 99999;

    public static void main(String[] args) throws ApiException {
        ApiClient server = new ApiClient().setBasePath(args[0]);
        LeasesApi leases = new LeasesApi(server);

        printWait(server, 0, null);
        printWait(server, ABSENT, "0");

        StepOrLatest latest = new StepOrLatest("latest");
        Lease lease = leases.grantLease(null, null, new LeaseRequest().step(latest).ttl(60.0)).getLease();
        System.out.printf("lease %s %d %.0f%n", lease.getState(), lease.getStep(), lease.getTtl());

        LeaseRequest vain = new LeaseRequest().until(ABSENT).timeout(0.0);
        System.out.println("no lease " + leases.grantLease(null, null, vain).getWait().getReason());

        Lease renewed = leases.renewLease(lease.getId(), new RenewRequest().ttl(90.0));
        System.out.printf("renewed %.0f%n", renewed.getTtl());

        System.out.println("released " + leases.releaseLeaseWithHttpInfo(lease.getId()).getStatusCode());

        try {
            leases.renewLease(lease.getId(), null);
        } catch (ApiException refusal) {
            Problem problem = JSON.deserialize(refusal.getResponseBody(), Problem.class);
            System.out.println("refused " + problem.getCode());
        }

        List<String> types = List.of("step.finalized", "lease.released");
        List<Event> events = new EventsApi(server).readEvents(null, null, types, null, null, null).getItems();
        System.out.println("events " + events.stream().map(Event::getType).collect(Collectors.joining(",")));
    }

    private static void printWait(ApiClient server, long until, String timeout) throws ApiException {
        Wait wait = new WaitingApi(server).wait(null, until, timeout, null, null);
        String name = wait.getItem() == null ? "none" : wait.getItem().getName();
        System.out.println("wait " + wait.getReason() + " " + wait.getStep() + " " + name);
    }
}
