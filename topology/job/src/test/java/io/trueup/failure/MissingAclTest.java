package io.trueup.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;

class MissingAclTest {

    private static final String COMMAND =
            "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:<user of this process>";

    @Test
    void shouldNameOperationsResourcePurposeAndCommand() {
        MissingAcl acl = MissingAcl.topic(
                "repairs.us", "replica.us.repairs.topic", Set.of(AclOperation.DESCRIBE_CONFIGS, AclOperation.WRITE));

        assertThat(acl.message("kafka:9092"))
                .isEqualTo("Not authorized: this process needs Write and DescribeConfigs on topic repairs.us"
                        + " (replica.us.repairs.topic). Check the name, or grant it: " + COMMAND
                        + " --operation Write --operation DescribeConfigs --topic repairs.us");
    }

    @Test
    void shouldHaveALineForEachResource() {
        assertThat(MissingAcl.message(
                                List.of(
                                        MissingAcl.group("g", "", AclOperation.READ),
                                        MissingAcl.transactionalIds("trueup-cities-eu-"),
                                        MissingAcl.idempotentWrite()),
                                "kafka:9092")
                        .lines())
                .satisfiesExactly(
                        group -> assertThat(group)
                                .startsWith("Not authorized: this process needs Read on consumer group g. ")
                                .endsWith(COMMAND + " --operation Read --group g"),
                        ids -> assertThat(ids)
                                .contains("transactional ids that begin with trueup-cities-eu-")
                                .endsWith(COMMAND + " --operation Write --resource-pattern-type prefixed"
                                        + " --transactional-id trueup-cities-eu-"),
                        cluster -> assertThat(cluster)
                                .contains("IdempotentWrite on the cluster")
                                .endsWith(COMMAND + " --operation IdempotentWrite --cluster"));
    }
}
