package io.trueup.cli.topics;

import io.trueup.cli.shell.TextTable;
import io.trueup.command.TopicFinding;
import io.trueup.failure.AclWords;
import io.trueup.provision.AclComparison;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededSetting;
import io.trueup.provision.NeededTopic;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.resource.ResourcePattern;

/** Prints topics and ACLs for people: what should be there, next to what the brokers have. */
final class TopicsText {

    private final TopicsPlan plan;

    TopicsText(TopicsPlan plan) {
        this.plan = plan;
    }

    void print(PrintWriter out) {
        for (NeededTopic topic : plan.created()) {
            out.print("Created " + topic.name() + " with " + plan.partitions() + " partitions: " + topic.content()
                    + ".\n");
        }
        out.print((plan.created().isEmpty() ? "" : "\n") + "Topics of dataset "
                + plan.config().dataset() + " on "
                + plan.config().bootstrapServers() + ", " + plan.partitions() + " partitions"
                + (plan.looked() ? "" : "; the brokers were not asked") + ":\n\n");
        out.print(topics());
        if (plan.looked()) {
            plan.leftOut().forEach(line -> out.print("\n" + line + "\n"));
            plan.corrections().forEach(line -> out.print("\n" + line + "\n"));
            out.print(plan.canCreate() ? "\nWhat is missing is created by: trueup topics --create\n" : "");
        }
        for (PrincipalAcls principal : plan.principals()) {
            out.print("\nACLs of " + principal.principal() + ", " + principal.role() + ":\n\n" + acls(principal));
            principal.notes().forEach(note -> out.print("\n" + note + "\n"));
        }
        plan.acls().ifPresent(compared -> printCompared(compared, out));
        out.flush();
    }

    private void printCompared(ComparedAcls compared, PrintWriter out) {
        out.print("\nThe ACLs of the brokers, next to these:\n\n");
        for (AclComparison principal : compared.principals()) {
            out.print(principal.principal() + (principal.fits() ? " may do what it needs, and no more.\n" : ":\n"));
            ComparedAcls.findings(principal).forEach(line -> out.print("  " + line + "\n"));
        }
        compared.principals().stream()
                .flatMap(principal ->
                        ComparedAcls.corrections(principal, plan.config().bootstrapServers()).stream())
                .forEach(line -> out.print("\n" + line + "\n"));
    }

    private TextTable topics() {
        TextTable table = new TextTable(row("TOPIC", "STATE", "SETTING", "SHOULD BE", "IS", "WHY"));
        for (TopicFinding topic : plan.topics()) {
            NeededTopic needed = topic.needed();
            String state = topic.state().name().toLowerCase(Locale.ROOT);
            table.row(row(needed.name(), state, "", "", "", needed.content() + " (" + needed.namedBy() + ")"));
            boolean same = needed.use().samePartitions();
            table.row(row(
                    "",
                    differs(!topic.partitionsFit()),
                    "partitions",
                    Integer.toString(topic.wantedPartitions()),
                    topic.partitions().isPresent()
                            ? Integer.toString(topic.partitions().getAsInt())
                            : "",
                    same ? "a key has the same partition in all topics" : "any other number serves as well"));
            for (NeededSetting setting : needed.settings()) {
                table.row(row(
                        "",
                        differs(!topic.fits(setting)),
                        setting.name(),
                        topic.partitions().isEmpty() ? setting.value() : setting.wanted(),
                        topic.settings().getOrDefault(setting.name(), ""),
                        setting.reason()));
            }
        }
        return table;
    }

    private static String differs(boolean differs) {
        return differs ? "differs" : "";
    }

    /** Without a look at the brokers, there is neither a state nor what is there. */
    private String[] row(String topic, String state, String setting, String wanted, String found, String why) {
        List<String> cells = plan.looked()
                ? List.of(topic, state, setting, wanted, found, why)
                : List.of(topic, setting, wanted, why);
        return cells.toArray(String[]::new);
    }

    private static TextTable acls(PrincipalAcls principal) {
        TextTable table = new TextTable("OPERATIONS", "RESOURCE", "WHY");
        AclPurpose last = null;
        for (AclGroup group : principal.groups()) {
            String operations = String.join(", ", group.operationNames());
            for (ResourcePattern resource : group.resources()) {
                String why = group.purpose() == last ? "" : group.purpose().text();
                table.row(operations, AclWords.resource(resource), why);
                last = group.purpose();
            }
        }
        return table;
    }
}
