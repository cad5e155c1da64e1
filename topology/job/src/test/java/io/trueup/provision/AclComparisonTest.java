package io.trueup.provision;

import static org.apache.kafka.common.acl.AclOperation.ALL;
import static org.apache.kafka.common.acl.AclOperation.ALTER;
import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.apache.kafka.common.resource.PatternType.LITERAL;
import static org.apache.kafka.common.resource.PatternType.PREFIXED;
import static org.apache.kafka.common.resource.ResourceType.CLUSTER;
import static org.apache.kafka.common.resource.ResourceType.GROUP;
import static org.apache.kafka.common.resource.ResourceType.TOPIC;
import static org.apache.kafka.common.resource.ResourceType.TRANSACTIONAL_ID;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

/** {@code TopicsIT} compares with a real authorizer; here are the rules one by one. */
class AclComparisonTest {

    private static final String JOB = "User:trueup";

    private final List<NeededAcl> needed = new ArrayList<>();
    private final List<AclBinding> existing = new ArrayList<>();

    private void need(AclOperation operation, ResourceType type, String name, PatternType pattern) {
        needed.add(new NeededAcl(AclPurpose.CONTROL, operation, new ResourcePattern(type, name, pattern), "key"));
    }

    private void have(
            AclPermissionType permission,
            String principal,
            String host,
            AclOperation operation,
            ResourceType type,
            String name,
            PatternType pattern) {
        existing.add(new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry(principal, host, operation, permission)));
    }

    private void allow(AclOperation operation, ResourceType type, String name, PatternType pattern) {
        have(AclPermissionType.ALLOW, JOB, "*", operation, type, name, pattern);
    }

    private AclComparison compared(String principal) {
        return AclComparison.of(
                principal,
                principal.equals(JOB) ? needed : List.of(),
                needed.stream().map(NeededAcl::resource).collect(Collectors.toSet()),
                existing);
    }

    private List<String> missing() {
        return compared(JOB).missing().stream().map(NeededAcl::toString).toList();
    }

    private List<String> tooWide() {
        return compared(JOB).tooWide().stream().map(AclComparison::words).toList();
    }

    @Test
    void shouldFitWhereExactlyTheNeededIsAllowed() {
        need(READ, TOPIC, "control", LITERAL);
        need(WRITE, TRANSACTIONAL_ID, "trueup-", PREFIXED);
        allow(READ, TOPIC, "control", LITERAL);
        allow(WRITE, TRANSACTIONAL_ID, "trueup-", PREFIXED);

        assertThat(compared(JOB).fits()).isTrue();
    }

    @Test
    void shouldNameOnceWhatIsMissing() {
        need(READ, TOPIC, "control", LITERAL);
        need(READ, TOPIC, "control", LITERAL);
        need(WRITE, TOPIC, "control", LITERAL);
        need(READ, GROUP, "control", LITERAL);
        allow(WRITE, TOPIC, "control", LITERAL);
        have(AclPermissionType.ALLOW, "User:other", "*", READ, TOPIC, "control", LITERAL);

        assertThat(missing()).containsExactly("Read on topic control", "Read on consumer group control");
        assertThat(compared(JOB).fits()).isFalse();
    }

    @Test
    void shouldAcceptWiderAclsAndNameThem() {
        need(READ, TOPIC, "products.control", LITERAL);
        need(DESCRIBE_CONFIGS, TOPIC, "products.control", LITERAL);
        need(READ, GROUP, "group", LITERAL);
        need(WRITE, TRANSACTIONAL_ID, "trueup-eu-", PREFIXED);
        need(CREATE, TOPIC, "products.rounds", LITERAL);
        allow(ALL, TOPIC, "products.", PREFIXED);
        allow(READ, GROUP, "*", LITERAL);
        allow(WRITE, TRANSACTIONAL_ID, "trueup-", PREFIXED);
        allow(CREATE, CLUSTER, "kafka-cluster", LITERAL);

        assertThat(missing()).isEmpty();
        assertThat(tooWide())
                .containsExactly(
                        "All on topics that begin with products.",
                        "Create on the cluster",
                        "Read on every consumer group",
                        "Write on transactional ids that begin with trueup-");
    }

    @Test
    void shouldCallAnOperationTooWideThatIsNotNeededThere() {
        need(DESCRIBE, TOPIC, "writes", LITERAL);
        need(DELETE, TOPIC, "changelog", LITERAL);
        allow(READ, TOPIC, "writes", LITERAL);
        allow(DELETE, TOPIC, "changelog", LITERAL);
        allow(DESCRIBE, TOPIC, "changelog", LITERAL);
        allow(ALTER, TOPIC, "changelog", LITERAL);
        allow(ALL, TOPIC, "of-another-dataset", LITERAL);

        assertThat(missing()).as("Read implies Describe").isEmpty();
        assertThat(tooWide()).containsExactly("Alter on topic changelog", "Read on topic writes");
    }

    @Test
    void shouldNotAcceptAPrefixOrAHostThatDoesNotCoverAll() {
        need(WRITE, TRANSACTIONAL_ID, "trueup-eu-", PREFIXED);
        need(READ, TOPIC, "control", LITERAL);
        allow(WRITE, TRANSACTIONAL_ID, "trueup-eu-", LITERAL);
        allow(WRITE, TRANSACTIONAL_ID, "trueup-eu-1", PREFIXED);
        have(AclPermissionType.ALLOW, JOB, "10.0.0.1", READ, TOPIC, "control", LITERAL);

        assertThat(missing())
                .containsExactly("Write on transactional ids that begin with trueup-eu-", "Read on topic control");
        assertThat(tooWide()).as("they allow a part of what is needed").isEmpty();
    }

    @Test
    void shouldLetADenialOutweighEachPermission() {
        need(READ, TOPIC, "products.control", LITERAL);
        need(WRITE, TOPIC, "products.control", LITERAL);
        need(WRITE, TRANSACTIONAL_ID, "trueup-eu-", PREFIXED);
        need(READ, GROUP, "group", LITERAL);
        needed.forEach(acl -> existing.add(acl.binding(JOB)));
        have(AclPermissionType.DENY, AclComparison.EVERYONE, "10.0.0.1", WRITE, TOPIC, "products.", PREFIXED);
        have(AclPermissionType.DENY, JOB, "*", ALL, TRANSACTIONAL_ID, "trueup-eu-1", LITERAL);
        have(AclPermissionType.DENY, JOB, "*", DESCRIBE, GROUP, "*", LITERAL);
        have(AclPermissionType.DENY, "User:other", "*", READ, TOPIC, "products.control", LITERAL);

        AclComparison compared = compared(JOB);

        assertThat(compared.missing()).isEmpty();
        assertThat(compared.denied().keySet())
                .extracting(NeededAcl::toString)
                .containsExactly(
                        "Write on topic products.control",
                        "Write on transactional ids that begin with trueup-eu-",
                        "Read on consumer group group");
        assertThat(compared.denied().values())
                .extracting(AclComparison::words)
                .containsExactly(
                        "Write on topics that begin with products., from host 10.0.0.1",
                        "All on transactional id trueup-eu-1",
                        "Describe on every consumer group");
        assertThat(compared.fits()).isFalse();
    }

    @Test
    void shouldSayOfEveryoneOnlyWhatConcernsTheDataset() {
        need(READ, TOPIC, "control", LITERAL);
        have(AclPermissionType.ALLOW, AclComparison.EVERYONE, "*", READ, TOPIC, "*", LITERAL);
        have(AclPermissionType.ALLOW, AclComparison.EVERYONE, "*", WRITE, TOPIC, "elsewhere", LITERAL);

        assertThat(missing()).as("everyone may").isEmpty();
        assertThat(tooWide()).as("it is no ACL of the job").isEmpty();
        assertThat(compared(AclComparison.EVERYONE).tooWide())
                .extracting(AclComparison::words)
                .containsExactly("Read on every topic");
    }
}
