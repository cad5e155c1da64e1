package io.trueup.cli.topics;

import io.trueup.cli.shell.JsonLines;
import io.trueup.command.TopicFinding;
import io.trueup.failure.AclWords;
import io.trueup.provision.AclComparison;
import io.trueup.provision.NeededAcl;
import io.trueup.provision.NeededSetting;
import io.trueup.provision.NeededTopic;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.resource.ResourcePattern;

/** Prints topics and ACLs for programs, as one JSON object. */
final class TopicsJson {

    private final TopicsPlan plan;

    TopicsJson(TopicsPlan plan) {
        this.plan = plan;
    }

    void print(PrintWriter out) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("dataset", plan.config().dataset());
        json.put("bootstrapServers", plan.config().bootstrapServers());
        json.put("partitions", plan.partitions());
        json.put("created", plan.created().stream().map(NeededTopic::name).toList());
        json.put("topics", plan.topics().stream().map(this::topic).toList());
        json.put(
                "principals",
                plan.principals().stream().map(TopicsJson::principal).toList());
        plan.acls()
                .ifPresent(compared -> json.put(
                        "aclsOfBrokers",
                        compared.principals().stream().map(TopicsJson::compared).toList()));
        new JsonLines(out).print(json);
    }

    private Map<String, Object> topic(TopicFinding topic) {
        NeededTopic needed = topic.needed();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("topic", needed.name());
        json.put("use", lower(needed.use()));
        json.put("replica", needed.replica().orElse(null));
        json.put("namedBy", needed.namedBy());
        json.put("createdBy", lower(needed.use().creator()));
        if (plan.looked()) {
            json.put("state", lower(topic.state()));
            json.put(
                    "partitions",
                    topic.partitions().isPresent() ? topic.partitions().getAsInt() : null);
        }
        json.put(
                "settings",
                needed.settings().stream()
                        .map(setting -> setting(topic, setting))
                        .toList());
        return json;
    }

    private Map<String, Object> setting(TopicFinding topic, NeededSetting setting) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", setting.name());
        json.put("wanted", setting.value());
        json.put("setAtCreation", setting.isSetAtCreation());
        if (topic.partitions().isPresent()) {
            json.put("found", topic.settings().get(setting.name()));
            json.put("fits", topic.fits(setting));
        }
        json.put("reason", setting.reason());
        return json;
    }

    private static Map<String, Object> principal(PrincipalAcls principal) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("principal", principal.principal());
        json.put("role", principal.role());
        List<Map<String, Object>> acls = new ArrayList<>();
        principal.acls().forEach(acl -> acls.add(acl(acl)));
        json.put("acls", acls);
        json.put("notes", principal.notes());
        return json;
    }

    private static Map<String, Object> acl(NeededAcl acl) {
        ResourcePattern resource = acl.resource();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("operation", AclWords.operation(acl.operation()));
        json.put("resourceType", lower(resource.resourceType()));
        json.put("resource", resource.name());
        json.put("patternType", lower(resource.patternType()));
        json.put("reason", acl.purpose().text());
        return json;
    }

    private static Map<String, Object> compared(AclComparison principal) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("principal", principal.principal());
        json.put("fits", principal.fits());
        json.put("missing", principal.missing().stream().map(TopicsJson::acl).toList());
        json.put(
                "denied",
                principal.denied().keySet().stream().map(TopicsJson::acl).toList());
        json.put(
                "tooWide", principal.tooWide().stream().map(TopicsJson::binding).toList());
        return json;
    }

    private static Map<String, Object> binding(AclBinding acl) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("operation", AclWords.operation(acl.entry().operation()));
        json.put("resourceType", lower(acl.pattern().resourceType()));
        json.put("resource", acl.pattern().name());
        json.put("patternType", lower(acl.pattern().patternType()));
        json.put("host", acl.entry().host());
        return json;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
