uniform mat3 turn;
uniform float focal, away;
uniform vec3 shift;
in vec3 position, normal, canon;
in vec2 uv;
in float part;
in vec2 rim;  // the lids' edge, ears
out vec3 world, facing, rest;
out vec2 plane;
out vec2 edge;
flat out float kind;

void main() {
    world = turn * position + shift;
    facing = turn * normal;
    rest = canon;
    plane = uv;
    edge = rim;
    kind = part;
    float depth = away - world.z;
    gl_Position = vec4(focal * world.xy, depth * 220.0 / 180.0 - 8000.0 / 180.0, depth);  // near 20, far 200
}
