package io.trueup.ops.action;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.SecuredBroker;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.api.KeyResource;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Route;
import io.trueup.ops.key.KeyReader;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededAcl;
import io.trueup.provision.NeededAcls;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Actions on a broker with an authorizer, with the ACLs that {@code trueup topics} prints for the job; and with one less. */
class ActionAclIT {

    private static final String JOB = "trueup";
    private static final String PASSWORD = "password-of-the-job";
    private static final String TOKEN = "a-token-of-more-than-16-bytes";

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void shouldActWithTheAclsOfTheJobAndNameOneThatIsMissing() throws Exception {
        try (SecuredBroker secured = SecuredBroker.authorizing(Map.of(JOB, PASSWORD))) {
            TestBroker broker = secured.open();
            broker.createTopics(
                    1,
                    "products.control",
                    "products.repairs.eu",
                    "products.repairs.us",
                    "products.writes.eu",
                    "products.writes.us",
                    "products.conflicts");
            try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
                byte[] key = new ConflictKey("eu", 0, "tea".getBytes(UTF_8)).encode();
                producer.send(new ProducerRecord<>("products.conflicts", key, conflict()))
                        .get();
                for (String replica : List.of("eu", "us")) {
                    producer.send(new ProducerRecord<>(
                                    "products.writes." + replica, "tea".getBytes(UTF_8), new byte[1]))
                            .get();
                }
            }
            Map<String, String> settings = new HashMap<>(Map.of(
                    "dataset", "products",
                    "replicas", "eu,us",
                    "hosted.replicas", "eu",
                    "hash.secret", "0123456789abcdef0123456789abcdef",
                    "http.listen", "127.0.0.1:0",
                    "http.token", TOKEN));
            secured.client(JOB, PASSWORD)
                    .forEach((key, value) -> settings.put(key.startsWith("bootstrap") ? key : "kafka." + key, value));
            TrueupConfig config = TrueupConfig.of(settings);
            List<NeededAcl> acls = new NeededAcls(config).job();
            secured.grant(acls.stream().map(acl -> acl.binding("User:" + JOB)).toList());
            DatasetRounds rounds = new DatasetRounds(config, 1, 0);
            List<Route> routes = new ArrayList<>(new Actions(() -> config).routes());
            routes.add(Route.waiting(
                    "/api/v1/keys", new KeyResource(() -> Optional.of(rounds), new KeyReader(() -> config))));
            try (HttpServer server = new HttpServer(config.http(), routes)) {
                server.start();
                assertThat(get(server, "/api/v1/keys?key=tea").body())
                        .contains("\"state\":\"CONFLICT\"")
                        .contains("{\"topic\":\"products.writes.eu\",\"partition\":0,\"begin\":0,\"from\":0,\"end\":1,"
                                + "\"whole\":true,\"unreadable\":0,\"failure\":null}")
                        .containsPattern(
                                "\"topic\":\"products.writes.us\"[^}]*\"failure\":\"[^}]*may not read the topic")
                        .doesNotContain(PASSWORD);
                String conflicts = get(server, "/api/v1/conflicts").body();
                String revision = conflicts.replaceAll(".*\"revision\":\"([0-9a-f]+)\".*", "$1");
                String choice = "{\"key\":\"tea\",\"replica\":\"eu\",\"revision\":\"" + revision + "\"}";
                String probe = "{\"key\":\"tea\",\"waitMs\":2000}";
                assertThat(act(server, "choose", choice).statusCode()).isEqualTo(202);
                assertThat(act(server, "probe", probe).statusCode()).isEqualTo(200);
                assertThat(act(server, "pause", "{}").statusCode()).isEqualTo(202);
                assertThat(act(server, "approve", "{\"replica\":\"us\"}").statusCode())
                        .isEqualTo(202);

                List<NeededAcl> ofActions = acls.stream()
                        .filter(acl -> acl.purpose() == AclPurpose.HTTP_ACTIONS)
                        .toList();
                assertThat(ofActions)
                        .extracting(acl -> acl.resource().name())
                        .containsExactly("products.conflicts", "products.repairs.us");
                for (NeededAcl acl : ofActions) {
                    secured.revoke(List.of(acl.binding("User:" + JOB)));
                    HttpResponse<String> denied = acl.resource().name().equals("products.conflicts")
                            ? act(server, "choose", choice)
                            : act(server, "probe", "{\"key\":\"tea\",\"waitMs\":1}");
                    assertThat(denied.statusCode()).as(denied.body()).isEqualTo(503);
                    assertThat(denied.body())
                            .contains("Read", acl.resource().name())
                            .doesNotContain(PASSWORD);
                    secured.grant(List.of(acl.binding("User:" + JOB)));
                }
            }
        }
    }

    private HttpResponse<String> get(HttpServer server, String path) throws Exception {
        return client.send(request(server, path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> act(HttpServer server, String action, String body) throws Exception {
        return client.send(
                request(server, "/api/v1/actions/" + action)
                        .header("Content-Type", "application/json")
                        .header("X-Trueup-Action", "1")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(HttpServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path)).header("Authorization", "Bearer " + TOKEN);
    }

    private static byte[] conflict() {
        ConflictEvent event = ConflictEvent.newBuilder()
                .setDataset("products")
                .setPartition(0)
                .setKeyHash("00")
                .setCut(1)
                .setReporter("eu")
                .setSides(List.of(side("eu", "01"), side("us", "02")))
                .build();
        return SingleObjectCodec.of(ConflictEvent.class).encode("products.conflicts", event);
    }

    private static ConflictSide side(String replica, String digest) {
        return ConflictSide.newBuilder()
                .setReplicas(List.of(replica))
                .setVersion(1)
                .setPosition(1)
                .setAppendTime(1)
                .setDeleted(false)
                .setDigest(digest.repeat(16))
                .build();
    }
}
