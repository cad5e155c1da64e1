package io.trueup.cli.topics;

import io.trueup.failure.AclWords;
import io.trueup.failure.ShellWords;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededTopic;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.resource.PatternType;

/** Prints topics and ACLs as a script for a POSIX shell, which calls Kafka's own tools. It can be run again. */
final class TopicsScript {

    private static final int WIDTH = 118;

    private final TopicsPlan plan;
    private final String connection;

    /** @param commandConfig the file of client properties that Kafka's tools use; null: none */
    TopicsScript(TopicsPlan plan, String commandConfig) {
        this.plan = plan;
        connection = "--bootstrap-server " + ShellWords.quoted(plan.config().bootstrapServers())
                + (commandConfig == null ? "" : " --command-config " + ShellWords.quoted(commandConfig));
    }

    void print(PrintWriter out) {
        out.print("# Topics and ACLs of dataset " + plan.config().dataset() + ". Run by: sh -e FILE\n"
                + "# kafka-topics.sh and kafka-acls.sh must be on the PATH. Nothing that exists is changed.\n\n");
        out.print("topic() { kafka-topics.sh " + connection + " --create --if-not-exists \"$@\"; }\n");
        plan.creatable().forEach(topic -> out.print("\n" + topic(topic)));
        plan.leftOut().forEach(line -> out.print("\n" + comment(line)));
        plan.principals().forEach(principal -> out.print("\n# ACLs of " + principal.role() + "\n" + acls(principal)));
        out.flush();
    }

    private String topic(NeededTopic topic) {
        StringBuilder text =
                new StringBuilder("# " + topic.name() + ": " + topic.content() + " (" + topic.namedBy() + ")\n");
        topic.settings().stream()
                .filter(setting -> topic.settingsAtCreation().containsKey(setting.name()))
                .forEach(setting -> text.append(comment("#   ", setting.name() + ": " + setting.reason())));
        List<String> options =
                topic.creationOptions(plan.partitions(), plan.config().topicsReplicationFactor());
        return text.append(command("topic", options)).toString();
    }

    /** The commands that grant what a principal needs, each purpose with a comment. */
    String acls(PrincipalAcls principal) {
        StringBuilder text = new StringBuilder("acl() { kafka-acls.sh " + connection + " --add --allow-principal "
                + ShellWords.quoted(principal.principal()) + " \"$@\"; }\n");
        AclPurpose last = null;
        for (AclGroup group : principal.groups()) {
            if (group.purpose() != last) {
                text.append("\n" + comment(group.purpose().text()));
                last = group.purpose();
            }
            List<String> options = new ArrayList<>();
            group.operationNames().forEach(operation -> options.add("--operation " + operation));
            if (group.resources().get(0).patternType() == PatternType.PREFIXED) {
                options.add("--resource-pattern-type prefixed");
            }
            group.resources().forEach(resource -> options.add(AclWords.option(resource)));
            text.append(command("acl", options));
        }
        principal.notes().forEach(note -> text.append("\n" + comment(note)));
        return text.toString();
    }

    private static String command(String name, List<String> options) {
        return wrapped(name + " ", options, " \\\n", "    ");
    }

    private static String comment(String text) {
        return comment("# ", text);
    }

    private static String comment(String begin, String text) {
        return wrapped(begin, List.of(text.split(" ", -1)), "\n", begin);
    }

    /** Puts words on lines, each with a text before its first word and after its last. */
    private static String wrapped(String first, List<String> words, String lineEnd, String next) {
        StringBuilder text = new StringBuilder();
        StringBuilder line = new StringBuilder(first).append(words.get(0));
        for (String word : words.subList(1, words.size())) {
            if (line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append(lineEnd);
                line.setLength(0);
                line.append(next).append(word);
            } else {
                line.append(' ').append(word);
            }
        }
        return text.append(line).append('\n').toString();
    }
}
