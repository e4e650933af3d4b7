// The ray caster of render_gl.py; the constants and the length of the tables are put in front of it.
// Every step stands in render_numpy.py too, under the same name.

uniform vec4 place[MOST];    // x, y, z, half
uniform vec4 look[MOST];     // linear r, g, b, 1 for metal
uniform vec4 form[MOST];     // shape (0 cube, 1 sphere, 2 cylinder), cos, sin, bound
uniform int count;
uniform vec3 camera[4];      // position, right, up, forward
uniform vec3 light[3];       // centre, two axes of the disc
uniform vec2 pattern[SUBS * SHADOW_RAYS];
uniform vec2 subs[SUBS];
uniform float power, radius, ground, half_field, size;
out vec4 pixel;

const float FAR = 1e9;

vec3 turn(vec3 v, vec4 f) { return vec3(f.y * v.x + f.z * v.y, f.y * v.y - f.z * v.x, v.z); }
vec3 unturn(vec3 v, vec4 f) { return vec3(f.y * v.x - f.z * v.y, f.y * v.y + f.z * v.x, v.z); }

float meet_sphere(vec3 o, vec3 d, float r) {
    float b = dot(o, d), c = dot(o, o) - r * r, s = b * b - c;
    if (s < 0.0) return FAR;
    float t = -b - sqrt(s);
    return t > 0.0 ? t : FAR;
}

float meet_cube(vec3 o, vec3 d, float h) {
    vec3 a = (-h - o) / d, b = (h - o) / d, lo = min(a, b), hi = max(a, b);
    float t = max(max(lo.x, lo.y), lo.z), end = min(min(hi.x, hi.y), hi.z);
    return t < end && t > 0.0 ? t : FAR;
}

float meet_cylinder(vec3 o, vec3 d, float h) {
    float a = dot(d.xy, d.xy), b = dot(o.xy, d.xy), s = b * b - a * (dot(o.xy, o.xy) - h * h);
    if (s < 0.0) return FAR;
    float root = sqrt(s), z0 = (-h - o.z) / d.z, z1 = (h - o.z) / d.z;
    float t = max((-b - root) / a, min(z0, z1)), end = min((-b + root) / a, max(z0, z1));
    return t < end && t > 0.0 ? t : FAR;
}

float meet(int k, vec3 o, vec3 d) {
    vec3 p = o - place[k].xyz;
    float h = place[k].w;
    if (form[k].x == 1.0) return meet_sphere(p, d, h);
    if (form[k].x == 2.0) return meet_cylinder(p, d, h);
    return meet_cube(turn(p, form[k]), turn(d, form[k]), h);
}

// The first thing on a ray: 1 + its number, 0 for the ground, -1 for neither.
int first(vec3 o, vec3 d, out float t) {
    t = d.z < 0.0 ? -o.z / d.z : FAR;
    int found = d.z < 0.0 ? 0 : -1;
    for (int k = 0; k < count; k++) {
        float s = meet(k, o, d);
        if (s < t) { t = s; found = k + 1; }
    }
    return found;
}

float rise(float q) { float w = max(0.0, (q - (1.0 - BEVEL)) / BEVEL); return w * w; }

vec3 normal(int id, vec3 p) {
    if (id <= 0) return vec3(0.0, 0.0, 1.0);
    int k = id - 1;
    vec3 q = (p - place[k].xyz) / place[k].w;
    if (form[k].x == 1.0) return normalize(q);
    if (form[k].x == 2.0) {
        float r = length(q.xy);
        return normalize(vec3(q.xy / max(r, 1e-6) * rise(r), sign(q.z) * rise(abs(q.z))));
    }
    q = turn(q, form[k]);
    vec3 n = vec3(rise(abs(q.x)), rise(abs(q.y)), rise(abs(q.z))) * sign(q);
    return normalize(unturn(n, form[k]));
}

// Share of `rays` points of the light's disc, taken from the pattern of one sub-ray, that p sees.
float visibility(vec3 p, int sub, int rays) {
    vec3 axis = light[0] - p;
    float way = length(axis);
    axis /= way;
    int stride = SHADOW_RAYS / rays;
    bool near[MOST];
    for (int k = 0; k < count; k++) {
        vec3 c = place[k].xyz - p;
        float along = dot(c, axis), bound = form[k].w;
        near[k] = along > -bound && length(c - along * axis) < bound + radius * (along + bound) / way;
    }
    float seen = 0.0;
    for (int j = 0; j < rays; j++) {
        vec2 at = pattern[sub * SHADOW_RAYS + j * stride];
        vec3 d = normalize(light[0] + at.x * light[1] + at.y * light[2] - p);
        float open = 1.0;
        for (int k = 0; k < count && open > 0.0; k++)
            if (near[k] && meet(k, p, d) < FAR) open = 0.0;
        seen += open;
    }
    return seen / float(rays);
}

float occlusion(vec3 p, vec3 n, int id) {
    float open = 1.0;
    for (int k = 0; k < count; k++) {
        if (k == id - 1) continue;
        vec3 c = place[k].xyz - p;
        float squared = dot(c, c), h = place[k].w;
        open *= 1.0 - OCCLUSION * max(dot(n, c), 0.0) / sqrt(squared) * min(1.0, h * h / squared);
    }
    return open;
}

float environment(vec3 d) {
    float up = clamp(d.z, 0.0, 1.0);
    float box = smoothstep(BOX_OUTER, BOX_INNER, dot(d, normalize(light[0])));
    return HORIZON + ZENITH * up + BOX * power * box;
}

vec3 albedo(int id) { return id <= 0 ? vec3(ground) : look[id - 1].rgb; }

// Light that leaves p towards -d without a mirror: x, y, z; the fourth is the gloss of the key light alone.
vec4 direct(int id, vec3 p, vec3 n, vec3 d, int sub, int rays, float sharpness) {
    vec3 l = normalize(light[0] - p), f = normalize(vec3(-light[0].xy, light[0].z));
    float facing = max(dot(n, l), 0.0);
    float seen = facing > 0.0 ? visibility(p + OFFSET * n, sub, rays) : 0.0;
    float spot = exp(-dot(p.xy, p.xy) / (SPOT * SPOT));
    float sky = BOUNCE + (SKY - BOUNCE) * (0.5 + 0.5 * n.z);
    float shed = KEY * power * spot * facing * seen + FILL * max(dot(n, f), 0.0) + sky * occlusion(p, n, id);
    float gloss = seen * power * pow(max(dot(n, normalize(l - d)), 0.0), sharpness);
    return vec4(albedo(id) * shed, gloss);
}

vec3 fresnel(vec3 tint, float cosine) {
    vec3 base = METAL_BASE + METAL_TINT * tint;
    return base + (1.0 - base) * pow(1.0 - clamp(cosine, 0.0, 1.0), 5.0);
}

vec3 mirrored(vec3 o, vec3 d, int sub) {
    float t;
    int id = first(o, d, t);
    if (id < 0) return vec3(environment(d));
    vec3 p = o + t * d, n = normal(id, p);
    bool metal = id > 0 && look[id - 1].w > 0.5;
    vec4 shed = direct(id, p, n, d, sub, MIRROR_RAYS, metal ? METAL_SHARPNESS : RUBBER_SHARPNESS);
    if (id == 0) return mix(vec3(environment(d)), shed.rgb, exp(-t * t / (FOG * FOG)));
    if (!metal) return shed.rgb + RUBBER_GLOSS * shed.a;
    vec3 sharp = fresnel(look[id - 1].rgb, -dot(n, d)) * environment(reflect(d, n));
    return METAL_DIFFUSE * shed.rgb + METAL_GLOSS * shed.a + sharp;
}

vec3 radiance(vec3 o, vec3 d, int sub) {
    float t;
    int id = first(o, d, t);
    if (id < 0) return vec3(environment(d));
    vec3 p = o + t * d, n = normal(id, p);
    bool metal = id > 0 && look[id - 1].w > 0.5;
    vec4 shed = direct(id, p, n, d, sub, SHADOW_RAYS, metal ? METAL_SHARPNESS : RUBBER_SHARPNESS);
    if (id == 0) return shed.rgb;
    if (!metal) return shed.rgb + RUBBER_GLOSS * shed.a;
    vec3 seen = fresnel(look[id - 1].rgb, -dot(n, d)) * mirrored(p + OFFSET * n, reflect(d, n), sub);
    return METAL_DIFFUSE * shed.rgb + METAL_GLOSS * shed.a + seen;
}

vec3 encode(vec3 v) {
    return mix(v * 12.92, 1.055 * pow(max(v, 0.0031308), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, v));
}

vec3 ray(vec2 at) {
    vec2 s = (2.0 * at / size - 1.0) * half_field;
    return normalize(camera[3] + s.x * camera[1] - s.y * camera[2]);
}

void main() {
    vec2 centre = vec2(gl_FragCoord.x, gl_FragCoord.y);   // row 0 is the top row: the frame is read as it is
    vec3 sum = vec3(0.0);
    for (int sub = 0; sub < SUBS; sub++)
        sum += min(radiance(camera[0], ray(centre + subs[sub]), sub), 1.0);
    vec2 off = 2.0 * centre / size - 1.0;
    vec3 shown = sum / float(SUBS) * (1.0 - VIGNETTE * dot(off, off) / 2.0);
    float t;
    int id = max(first(camera[0], ray(centre), t), 0);
    pixel = vec4(encode(shown), float(id) / 255.0);
}
