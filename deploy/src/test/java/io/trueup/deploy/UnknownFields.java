package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Finds the fields of a parsed resource that Kubernetes does not know: the model keeps them as additional properties. */
final class UnknownFields {

    private static final String MODEL = "io.fabric8.kubernetes.api.model.";
    private static final String ADDITIONAL = "additionalProperties";

    private final List<String> found = new ArrayList<>();
    private int parts;

    private UnknownFields() {}

    /** Returns the paths of the fields. */
    static List<String> of(Object resource) {
        UnknownFields fields = new UnknownFields();
        fields.visit(resource, "");
        assertThat(fields.parts).as("parts of the resource that were looked at").isGreaterThan(1);
        return fields.found;
    }

    private void visit(Object value, String path) {
        if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                visit(list.get(i), path + "[" + i + "]");
            }
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((key, part) -> visit(part, path + "." + key));
        } else if (value != null && value.getClass().getName().startsWith(MODEL)) {
            parts++;
            for (Class<?> type = value.getClass(); type != Object.class; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        visit(field, value, path);
                    }
                }
            }
        }
    }

    private void visit(Field field, Object owner, String path) {
        Object value = read(field, owner);
        if (field.getName().equals(ADDITIONAL)) {
            ((Map<?, ?>) value).keySet().forEach(key -> found.add(path + "." + key));
        } else {
            visit(value, path + "." + field.getName());
        }
    }

    private static Object read(Field field, Object owner) {
        try {
            field.setAccessible(true);
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
