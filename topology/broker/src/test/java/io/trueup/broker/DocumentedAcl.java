package io.trueup.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.SecurityUtils;

/**
 * An ACL that SECURITY.md gives, one per operation and resource. The commands of the page are shell functions {@code acl} with the
 * options of {@code kafka-acls.sh}; the function above a command names its principal.
 *
 * @param purpose the comment above the command
 * @param binding the ACL
 */
public record DocumentedAcl(String purpose, AclBinding binding) {

    private static final Pattern PRINCIPAL = Pattern.compile("--allow-principal (\\S+) ");

    /** Reads all ACLs of a page, in its order. */
    public static List<DocumentedAcl> read(Path page) throws IOException {
        List<DocumentedAcl> acls = new ArrayList<>();
        String principal = "";
        String purpose = "";
        boolean comment = false;
        String text = Files.readString(page).replace("\\\n", " ");
        for (String line : text.lines().toList()) {
            Matcher function = PRINCIPAL.matcher(line);
            if (line.startsWith("acl()") && function.find()) {
                principal = function.group(1);
                purpose = "";
            } else if (line.startsWith("acl ")) {
                add(acls, principal, purpose, line.split("#", -1)[0].strip().split("\\s+", -1));
            } else if (line.startsWith("# ")) {
                purpose = comment ? purpose + " " + line.substring(2) : line.substring(2);
            }
            comment = line.startsWith("# ");
        }
        return acls;
    }

    private static void add(List<DocumentedAcl> acls, String principal, String purpose, String[] words) {
        List<AclOperation> operations = new ArrayList<>();
        Map<String, ResourceType> resources = new LinkedHashMap<>();
        PatternType pattern = PatternType.LITERAL;
        for (int i = 1; i < words.length; i += 2) {
            String value = words[i + 1];
            switch (words[i]) {
                case "--operation" -> operations.add(SecurityUtils.operation(value));
                case "--resource-pattern-type" -> pattern = PatternType.valueOf(value.toUpperCase(Locale.ROOT));
                case "--topic" -> resources.put(value, ResourceType.TOPIC);
                case "--group" -> resources.put(value, ResourceType.GROUP);
                case "--transactional-id" -> resources.put(value, ResourceType.TRANSACTIONAL_ID);
                default -> throw new IllegalArgumentException("not an option of an ACL: " + words[i]);
            }
        }
        for (Map.Entry<String, ResourceType> resource : resources.entrySet()) {
            ResourcePattern named = new ResourcePattern(resource.getValue(), resource.getKey(), pattern);
            for (AclOperation operation : operations) {
                AccessControlEntry entry = new AccessControlEntry(principal, "*", operation, AclPermissionType.ALLOW);
                acls.add(new DocumentedAcl(purpose, new AclBinding(named, entry)));
            }
        }
    }

    /** The user whose ACL it is. */
    public String user() {
        return binding.entry().principal().substring("User:".length());
    }

    /** An ACL of another operation on the same resource. */
    public DocumentedAcl with(AclOperation operation) {
        AccessControlEntry entry = binding.entry();
        return new DocumentedAcl(
                purpose,
                new AclBinding(
                        binding.pattern(),
                        new AccessControlEntry(entry.principal(), entry.host(), operation, entry.permissionType())));
    }

    /** The same ACL of a resource with another name. */
    public DocumentedAcl renamed(UnaryOperator<String> name) {
        ResourcePattern resource = binding.pattern();
        return new DocumentedAcl(
                purpose,
                new AclBinding(
                        new ResourcePattern(
                                resource.resourceType(), name.apply(resource.name()), resource.patternType()),
                        binding.entry()));
    }

    @Override
    public String toString() {
        ResourcePattern resource = binding.pattern();
        return SecurityUtils.operationName(binding.entry().operation()) + " "
                + SecurityUtils.resourceTypeName(resource.resourceType()) + " " + resource.name();
    }
}
