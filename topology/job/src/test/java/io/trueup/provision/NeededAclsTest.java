package io.trueup.provision;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;

/** What is printed for a configuration. {@code AclIT} and {@code CommandAclIT} show that it suffices and that nothing can be left out. */
class NeededAclsTest {

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers",
            "kafka-1:9092",
            "dataset",
            "products",
            "replicas",
            "eu,us",
            "hosted.replicas",
            "eu",
            "hash.secret",
            "0123456789abcdef0123456789abcdef"));

    private NeededAcls needed() {
        return new NeededAcls(TrueupConfig.of(settings));
    }

    private static List<String> words(List<NeededAcl> acls) {
        return acls.stream().map(NeededAcl::toString).toList();
    }

    @Test
    void shouldListWhatTheJobNeedsAndNoMore() {
        assertThat(words(needed().job()))
                .containsExactly(
                        "Read on topic products.writes.eu",
                        "DescribeConfigs on topic products.writes.eu",
                        "Describe on topic products.writes.us",
                        "Read on topic products.repairs.eu",
                        "Write on topic products.repairs.eu",
                        "DescribeConfigs on topic products.repairs.eu",
                        "Write on topic products.repairs.us",
                        "DescribeConfigs on topic products.repairs.us",
                        "Read on topic products.control",
                        "Write on topic products.control",
                        "DescribeConfigs on topic products.control",
                        "Read on topic products.rounds",
                        "Write on topic products.rounds",
                        "DescribeConfigs on topic products.rounds",
                        "Write on topic products.conflicts",
                        "DescribeConfigs on topic products.conflicts",
                        "Write on topic products.dead-letters",
                        "DescribeConfigs on topic products.dead-letters",
                        "Read on consumer group trueup-products-eu",
                        "Read on topic trueup-products-eu-entries-changelog",
                        "Write on topic trueup-products-eu-entries-changelog",
                        "Create on topic trueup-products-eu-entries-changelog",
                        "Write on transactional ids that begin with trueup-products-eu-");
    }

    @Test
    void shouldFollowTheSettingsOnWhichAclsDepend() {
        settings.put("mode", "observe");
        settings.put("streams.processing.guarantee", "at_least_once");
        settings.put("observations.topic", "products.observations");
        settings.put("topics.create", "true");
        settings.put("control.topics", "products.control,us.products.control");

        assertThat(words(needed().job()))
                .contains(
                        "Describe on topic products.repairs.us",
                        "Read on topic products.observations",
                        "Read on topic us.products.control",
                        "Create on topic us.products.control",
                        "Create on topic products.observations")
                .doesNotContain(
                        "Write on topic products.repairs.us",
                        "Write on topic products.repairs.eu",
                        "Describe on topic products.repairs.eu", // implied by Read
                        "Write on topic us.products.control",
                        "DescribeConfigs on topic us.products.control",
                        "Create on topic products.writes.eu",
                        "Create on topic products.writes.us")
                .noneMatch(acl -> acl.contains("transactional"));
    }

    /** What is read for choose, probe, pause and resume; nobody can send these without credentials. */
    @Test
    void shouldReadWhatActionsOverHttpNeed() {
        settings.put("control.topics", "us.products.control");
        assertThat(words(needed().job())).doesNotContain("Read on topic products.conflicts");

        settings.put("http.listen", "127.0.0.1:8484");
        assertThat(words(needed().job()))
                .contains("Read on topic products.conflicts")
                .doesNotContain("Read on topic products.control", "Read on topic products.repairs.us");

        settings.put("http.token", "a-token-of-more-than-16-bytes");
        assertThat(words(needed().job()))
                .contains(
                        "Read on topic products.conflicts",
                        "Read on topic products.control",
                        "Read on topic us.products.control",
                        "Read on topic products.repairs.eu",
                        "Read on topic products.repairs.us")
                .doesNotHaveDuplicates();
    }

    @Test
    void shouldNotRepeatAFeedThatReplicasShareOrThatIsReadAnyway() {
        settings.put("replicas", "eu,us,feed");
        settings.put("hosted.replicas", "all");
        settings.put("resolution", "primary:feed");
        settings.put("replica.feed.role", "source");
        settings.put("replica.eu.progress", "group:stores eu@orders");
        settings.put("replica.us.progress", "group:stores us@orders");
        assertThat(words(needed().job()))
                .contains("Describe on consumer group stores eu", "Describe on consumer group stores us")
                .containsOnlyOnce("Describe on topic orders");

        settings.put("replica.feed.writes.topic", "orders");
        assertThat(words(needed().job()))
                .contains("Read on topic orders")
                .doesNotContain("Describe on topic orders", "Write on topic orders");
        assertThat(needed().datastores()).containsExactly("eu", "us");
    }

    @Test
    void shouldLetADatastoreWriteItsOwnWritesAlone() {
        assertThat(words(needed().datastore("eu", "stores-eu", Optional.of("orders"))))
                .containsExactly(
                        "Read on consumer group stores-eu",
                        "Read on topic orders",
                        "Read on topic products.repairs.eu",
                        "Write on topic products.writes.eu",
                        "Write on topic products.dead-letters");
        assertThat(words(needed().datastore("eu", "stores-eu", Optional.empty())))
                .noneMatch(acl -> acl.contains("orders"));
    }

    @Test
    void shouldBindAnAclToAPrincipalOnAnyHost() {
        assertThat(needed().people()).allSatisfy(acl -> {
            assertThat(acl.binding("User:operator").entry().principal()).isEqualTo("User:operator");
            assertThat(acl.binding("User:operator").entry().host()).isEqualTo("*");
            assertThat(acl.operation()).isNotIn(AclOperation.CREATE, AclOperation.ALTER, AclOperation.ALL);
        });
    }
}
